// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.Assignment.Assigned;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.ipam.Usage;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Outcome;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.math.BigInteger;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** One block of each family, all state in the store as the real IPAM has it; one call at a time. */
final class FakeIpam implements Ipam {
  static final Cidr BLOCK_IPV4 = Cidr.parse("10.65.0.0/26");
  static final Cidr BLOCK_IPV6 = Cidr.parse("fd00:65::/122");

  private final Store store;
  private Optional<Reason> refusal = Optional.empty();
  private Optional<AddressRequest> last = Optional.empty();

  FakeIpam(Store store) {
    this.store = store;
  }

  synchronized void refuse(Reason reason) {
    refusal = Optional.of(reason);
  }

  synchronized AddressRequest lastRequest() {
    return last.orElseThrow();
  }

  @Override
  public synchronized Assignment assign(
      AddressRequest request, Function<Assignment, List<Write>> alsoWrite) throws IpamException {
    last = Optional.of(request);
    if (refusal.isPresent()) {
      throw new IpamException(refusal.get(), "refused by the test");
    }
    try {
      List<Assigned> addresses = new ArrayList<>();
      List<Write> writes = new ArrayList<>();
      IpamHandle handle = IpamHandle.of(request.handle());
      boolean existed = false;
      for (IpFamily family : request.families().stream().sorted().toList()) {
        IpamBlock block = block(family);
        List<InetAddress> held = block.addressesOf(request.handle());
        existed |= !held.isEmpty();
        if (held.isEmpty()) {
          if (block.freeAddresses().isEmpty()) {
            throw new IpamException(Reason.EXHAUSTED, block.cidr() + " is full");
          }
          held = block.freeAddresses().subList(0, 1);
          block = block.withAssigned(held, Allocation.of(request.handle(), request.attributes()));
          writes.add(Write.put(block.key(), block.toJson(), Expected.ANY));
        }
        handle = handle.plus(block.cidr(), 1);
        addresses.add(new Assigned(held.get(0), block.cidr(), pool(family)));
      }
      Assignment assignment = new Assignment(request.handle(), addresses, existed);
      writes.add(Write.put(handle.key(), handle.toJson(), Expected.ANY));
      writes.addAll(alsoWrite.apply(assignment));
      write(writes);
      return assignment;
    } catch (StoreException | InvalidResourceException e) {
      throw new IpamException(Reason.STORE, e.getMessage(), e);
    }
  }

  @Override
  public synchronized int release(String handle, List<Write> alsoWrite) throws IpamException {
    try {
      List<Write> writes = new ArrayList<>(alsoWrite);
      int released = 0;
      for (IpFamily family : IpFamily.values()) {
        IpamBlock block = block(family);
        int held = block.addressesOf(handle).size();
        if (held > 0) {
          released += held;
          IpamBlock free = block.withReleased(block.addressesOf(handle));
          writes.add(Write.put(free.key(), free.toJson(), Expected.ANY));
        }
      }
      Key key = Key.of(IpamHandle.KIND, IpamHandle.nameOf(handle));
      writes.add(Write.delete(key, Expected.ANY));
      write(writes);
      return released;
    } catch (StoreException | InvalidResourceException e) {
      throw new IpamException(Reason.STORE, e.getMessage(), e);
    }
  }

  @Override
  public Usage usage() throws StoreException {
    List<Usage.PoolUsage> pools = new ArrayList<>();
    for (IpFamily family : IpFamily.values()) {
      int used = held(family).size();
      Cidr cidr = cidr(family);
      pools.add(new Usage.PoolUsage(pool(family), cidr, BigInteger.valueOf(64), used, List.of()));
    }
    return new Usage(pools);
  }

  @Override
  public synchronized Optional<String> refusal() {
    return refusal.filter(Reason.NODE_LOST::equals).map(Reason::toString);
  }

  @Override
  public Freed free(String deletedNode) {
    throw new UnsupportedOperationException("free");
  }

  /** Addresses that anybody holds. */
  List<InetAddress> held(IpFamily family) throws StoreException {
    try {
      return List.copyOf(block(family).allocations().keySet());
    } catch (InvalidResourceException e) {
      throw new AssertionError(e);
    }
  }

  private void write(List<Write> writes) throws StoreException, IpamException {
    for (Outcome outcome : store.write(writes)) {
      if (!outcome.isWritten()) {
        throw new IpamException(Reason.CONTENTION, outcome.toString());
      }
    }
  }

  private IpamBlock block(IpFamily family) throws StoreException, InvalidResourceException {
    Optional<Entry> entry = store.get(Key.of(IpamBlock.KIND, IpamBlock.nameOf(cidr(family))));
    return entry.isPresent()
        ? IpamBlock.parse(entry.get().json())
        : IpamBlock.claimedBy("node1", cidr(family), Instant.EPOCH.plusSeconds(1));
  }

  private static String pool(IpFamily family) {
    return family == IpFamily.IPV4 ? "pool-ipv4" : "pool-ipv6";
  }

  private static Cidr cidr(IpFamily family) {
    return family == IpFamily.IPV4 ? BLOCK_IPV4 : BLOCK_IPV6;
  }
}
