// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.IpamException;
import io.margay.api.net.Cidr;
import io.margay.api.resource.IpamHandle;
import io.margay.api.store.Revision;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Takes addresses back from a handle, and drops the handle when it holds no more. */
final class ReleaseJob extends Job<Integer> {
  private final Optional<Set<InetAddress>> only;
  private final List<Write> alsoWrite;
  private final Finder finder;

  // Empty until the handle has been read, and again after somebody else changed it.
  private Optional<Held<IpamHandle>> handle = Optional.empty();
  private boolean handleWritten;

  /** What is left to free, by block. */
  private final Map<Cidr, List<InetAddress>> open = new HashMap<>();

  /** What the handle keeps, by block. */
  private final Map<Cidr, Integer> kept = new HashMap<>();

  private int released;

  /**
   * A release.
   *
   * @param only the addresses to take back; empty for all that the handle holds
   */
  ReleaseJob(
      String handleId, Optional<Set<InetAddress>> only, List<Write> alsoWrite, Finder finder) {
    super(handleId);
    this.only = only;
    this.alsoWrite = alsoWrite;
    this.finder = finder;
  }

  @Override
  void join(Batch batch) throws IpamException, StoreException {
    if (handle.isEmpty()) {
      begin();
    }
    for (Map.Entry<Cidr, List<InetAddress>> entry : Map.copyOf(open).entrySet()) {
      free(batch, entry.getKey(), entry.getValue());
    }
    if (!handleWritten) {
      writeHandle(batch);
    }
    prepareFurther();
    joinFurther(batch);
  }

  @Override
  void settle() {
    if (handle.isPresent() && open.isEmpty() && handleWritten && isFurtherWritten()) {
      complete(released);
    }
  }

  private void begin() throws IpamException, StoreException {
    Held<IpamHandle> read = readHandle(finder.store());
    open.clear();
    kept.clear();
    for (Map.Entry<Cidr, Integer> entry : read.value().blocks().entrySet()) {
      Cidr block = entry.getKey();
      List<InetAddress> free = new ArrayList<>(finder.heldBy(handleId(), block, entry.getValue()));
      int held = free.size();
      only.ifPresent(free::retainAll);
      if (!free.isEmpty()) {
        open.put(block, free);
      }
      if (held > free.size()) {
        kept.put(block, held - free.size());
      }
    }
    handle = Optional.of(read);
    handleWritten = read.revision().equals(Revision.NONE);
  }

  private void free(Batch batch, Cidr cidr, List<InetAddress> addresses) throws StoreException {
    boolean isThere =
        batch.block(cidr).filter(b -> b.addressesOf(handleId()).containsAll(addresses)).isPresent();
    if (!isThere) {
      handle = Optional.empty(); // Somebody else was quicker: look again in the next round.
      return;
    }
    batch.change(
        cidr,
        block -> finder.released(block, addresses),
        () -> {
          open.remove(cidr);
          released += addresses.size();
        });
  }

  private void writeHandle(Batch batch) {
    Held<IpamHandle> before = handle.orElse(null);
    if (before == null) {
      return;
    }
    IpamHandle after = before.value();
    for (Map.Entry<Cidr, Integer> entry : before.value().blocks().entrySet()) {
      int left = kept.getOrDefault(entry.getKey(), 0);
      after = after.plus(entry.getKey(), left - entry.getValue());
    }
    Write write =
        kept.isEmpty() ? Write.delete(after.key(), before.unchanged()) : put(before, after);
    batch.after(write, revision -> handleWritten = true, () -> handle = Optional.empty());
  }

  @Override
  List<Write> computeFurther() {
    return alsoWrite;
  }

  @Override
  Optional<Job<?>> undo() {
    return Optional.empty();
  }
}
