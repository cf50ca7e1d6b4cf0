// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpamBlock;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Carries fixes out, each by compare-and-set. Blocks; on any thread. */
final class Repairs {
  private final Store store;
  private final BlockIpam ipam;
  private final String self;

  Repairs(Store store, BlockIpam ipam, String self) {
    this.store = store;
    this.ipam = ipam;
    this.self = self;
  }

  /** Tells whether it was done; not so when somebody else was faster. */
  boolean apply(Fix fix) throws IpamException {
    try {
      if (fix instanceof Fix.Release release) {
        return release(release);
      } else if (fix instanceof Fix.Reassign reassign) {
        ipam.reassign(request(reassign));
        return true;
      } else if (fix instanceof Fix.CountHandle count) {
        ipam.release(count.handle(), ReleaseJob.Selection.NONE, count.blocks(), List.of());
        return true;
      } else if (fix instanceof Fix.QueueLost lost) {
        return queueLost(lost);
      } else if (fix instanceof Fix.GiveBack back) {
        return ipam.giveBack(back.node(), back.block(), ipam::isEmpty, false);
      } else if (fix instanceof Fix.Claim claim) {
        return ipam.claim(claim.node(), claim.block());
      } else if (fix instanceof Fix.Delete delete) {
        store.delete(delete.document().key(), Expected.at(delete.document().revision()));
        return true;
      } else if (fix instanceof Fix.FreeNode node) {
        ipam.free(node.node());
        return true;
      }
      throw new IllegalArgumentException("fix: " + fix);
    } catch (ConflictException e) {
      return false;
    } catch (StoreException e) {
      throw new IpamException(Reason.STORE, e.getMessage(), e);
    }
  }

  private boolean release(Fix.Release release) throws IpamException, StoreException {
    Optional<Write> endpoint =
        release.endpoint().map(d -> Write.delete(d.key(), Expected.at(d.revision())));
    if (release.sequences().isEmpty()) {
      return store.write(endpoint.stream().toList()).stream().allMatch(o -> o.isWritten());
    }
    try {
      int released =
          ipam.release(
              release.handle(),
              new ReleaseJob.AsGiven(release.sequences()),
              release.blocks(),
              endpoint.stream().toList());
      return released > 0;
    } catch (IpamException e) {
      if (e.reason() == Reason.CONTENTION) {
        return false; // The endpoint has changed: somebody attaches the workload anew.
      }
      throw e;
    }
  }

  private AddressRequest request(Fix.Reassign reassign) {
    return new AddressRequest(
        reassign.handle(),
        self,
        AddressRequest.Use.WORKLOAD,
        Set.of(),
        List.of(),
        List.of(reassign.address()),
        Map.of(),
        reassign.attributes());
  }

  private boolean queueLost(Fix.QueueLost lost) throws StoreException {
    Optional<Entry> entry = store.get(Blocks.key(lost.block()));
    if (entry.filter(e -> e.revision().equals(lost.revision())).isEmpty()) {
      return false;
    }
    try {
      IpamBlock block = IpamBlock.parse(entry.get().json()).withQueued();
      store.put(block.key(), block.toJson(), Expected.at(lost.revision()));
      return true;
    } catch (InvalidResourceException e) {
      throw new StoreException(entry.get().key() + " cannot be used: " + e.getMessage(), e);
    }
  }
}
