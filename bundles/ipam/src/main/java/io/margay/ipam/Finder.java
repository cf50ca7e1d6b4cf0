// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamConfiguration;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Finds free addresses: in the node's own blocks, else in a block it claims now, else in another
 * node's block. Used by the worker's thread only.
 */
final class Finder {
  private final Store store;
  private final StoreView view;
  private final Blocks blocks;
  private final Claims claims;
  private final Clock clock;

  /** A free address in a block. */
  record Place(Cidr block, InetAddress address) {}

  Finder(Store store, StoreView view, Clock clock) {
    this.store = store;
    this.view = view;
    this.clock = clock;
    this.blocks = new Blocks(store, view.blocks());
    this.claims = new Claims(store, view, blocks, clock);
  }

  Store store() {
    return store;
  }

  Blocks blocks() {
    return blocks;
  }

  Claims claims() {
    return claims;
  }

  Instant now() {
    return clock.instant();
  }

  /** Name of the pool that contains an address; empty when its pool is gone. */
  String poolOf(InetAddress address) {
    return view.pools().stream()
        .filter(pool -> pool.cidr().contains(address))
        .map(IpPool::name)
        .findFirst()
        .orElse("");
  }

  /**
   * What a handle holds in a block.
   *
   * @param count how many it should be: the store is asked when our copy has another number
   */
  List<InetAddress> heldBy(String handleId, Cidr block, int count) throws StoreException {
    List<InetAddress> known = addresses(blocks.get(block), handleId);
    return known.size() == count ? known : addresses(blocks.read(block), handleId);
  }

  /** An address of a family, by the rules for pools. */
  Place find(AddressRequest request, IpFamily family, Batch batch)
      throws IpamException, StoreException {
    PoolChoice choice = choice(request, family);
    if (choice.pools().isEmpty()) {
      throw new IpamException(
          Reason.NO_POOL,
          "no " + text(family) + " pool for node " + request.node() + ": " + choice.why());
    }
    Optional<Place> place = Optional.empty();
    for (IpPool pool : choice.pools()) {
      if (place.isEmpty()) {
        place = inOwnBlocks(request, pool, batch);
      }
      if (place.isEmpty()) {
        place = inClaimedBlock(request, family, pool, batch);
      }
    }
    if (place.isEmpty() && !view.configuration().strictAffinity()) {
      place = inOthersBlocks(request, choice, batch);
    }
    return place.orElseThrow(() -> exhausted(request, family, choice));
  }

  /** A certain address, if it is free. */
  Place find(AddressRequest request, InetAddress address, Batch batch)
      throws IpamException, StoreException {
    PoolChoice choice = PoolChoice.of(request, address, view.pools());
    if (choice.pools().isEmpty()) {
      throw unavailable(address, "no pool for it: " + choice.why());
    }
    Cidr cidr = Cidr.containing(address, choice.pools().get(0).blockSize());
    Optional<IpamBlock> block = batch.block(cidr);
    if (block.isEmpty()) {
      claims.claim(request.node(), cidr);
      block = batch.block(cidr);
    }
    if (block.isEmpty()) {
      throw unavailable(address, "its block " + cidr + " is being deleted; try again");
    }
    boolean isOwn = block.get().owner().equals(Optional.of(request.node()));
    if (!isOwn && view.configuration().strictAffinity()) {
      throw unavailable(
          address,
          "its block "
              + cidr
              + " belongs to "
              + block.get().affinity().orElse("nobody")
              + ", and strictAffinity is set");
    }
    IpamBlock cooled = cooled(block.get());
    if (!cooled.isFree(address)) {
      String holder =
          cooled.holder(address).flatMap(Allocation::handleId).orElse("nobody, but cools down");
      throw unavailable(address, "it is held by " + holder);
    }
    return new Place(cidr, address);
  }

  /** The block with an address given to a holder. */
  IpamBlock assigned(IpamBlock block, InetAddress address, Allocation holder) {
    return cooled(block).withAssigned(List.of(address), holder);
  }

  /** The block with addresses taken back: free at once, or after they have cooled down. */
  IpamBlock released(IpamBlock block, List<InetAddress> addresses) {
    return view.configuration().ipCooldownSeconds() == 0
        ? block.withReleased(addresses)
        : block.withCooling(addresses, clock.instant());
  }

  /**
   * Claims the next block of a node when a quarter or less of a block is left in the pool that
   * serves it, so that no request need wait for that.
   */
  void claimAhead(AddressRequest request, IpFamily family) throws StoreException {
    List<BlockFacts> own = view.blocksOf(request.node());
    for (IpPool pool : choice(request, family).pools()) {
      long free =
          own.stream()
              .filter(facts -> pool.cidr().contains(facts.cidr()))
              .mapToLong(BlockFacts::free)
              .sum();
      int size = 1 << family.addressBits() - pool.blockSize();
      boolean isLow = size > 1 && free <= size / 4 && mayClaim(request.node(), family);
      if (!isLow || claims.claimIn(pool, request.node()).isPresent()) {
        return;
      }
    }
  }

  private PoolChoice choice(AddressRequest request, IpFamily family) throws StoreException {
    PoolChoice choice = known(request, family);
    if (choice.pools().isEmpty()) {
      view.refreshPools(store); // Before an ADD fails for a pool that was made a moment ago.
      choice = known(request, family);
    }
    return choice;
  }

  private PoolChoice known(AddressRequest request, IpFamily family) {
    return PoolChoice.of(request, family, view.pools(), view.labels(request.node()));
  }

  private Optional<Place> inOwnBlocks(AddressRequest request, IpPool pool, Batch batch)
      throws StoreException {
    for (BlockFacts facts : view.blocksOf(request.node())) {
      if (facts.free() > 0 && pool.cidr().contains(facts.cidr())) {
        Optional<Place> place = inOwnBlock(request.node(), facts.cidr(), batch);
        if (place.isPresent()) {
          return place;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Place> inOwnBlock(String node, Cidr cidr, Batch batch) throws StoreException {
    // A claim that a crash cut short is completed before the block is used.
    if (!view.isConfirmed(node, cidr) && !claims.claim(node, cidr)) {
      return Optional.empty();
    }
    return batch
        .block(cidr)
        .filter(block -> block.owner().equals(Optional.of(node)))
        .flatMap(this::firstFree);
  }

  private Optional<Place> inClaimedBlock(
      AddressRequest request, IpFamily family, IpPool pool, Batch batch) throws StoreException {
    while (mayClaim(request.node(), family)) {
      Optional<Cidr> claimed = claims.claimIn(pool, request.node());
      if (claimed.isEmpty()) {
        return Optional.empty();
      }
      Optional<Place> place = inOwnBlock(request.node(), claimed.get(), batch);
      if (place.isPresent()) {
        return place;
      }
    }
    return Optional.empty();
  }

  private Optional<Place> inOthersBlocks(AddressRequest request, PoolChoice choice, Batch batch)
      throws StoreException {
    Optional<String> node = Optional.of(request.node());
    for (IpPool pool : choice.pools()) {
      Optional<BlockFacts> lender = view.blockIndex().nextFree(pool.cidr(), Optional.empty());
      while (lender.isPresent()) {
        Cidr block = lender.get().cidr();
        Optional<Place> place =
            lender.get().owner().equals(node)
                ? Optional.empty()
                : batch.block(block).flatMap(this::firstFree);
        if (place.isPresent()) {
          return place;
        }
        lender = view.blockIndex().nextFree(pool.cidr(), Optional.of(block));
      }
    }
    return Optional.empty();
  }

  private Optional<Place> firstFree(IpamBlock block) {
    List<Cidr> reserved = view.reserved();
    return cooled(block)
        .firstFree(address -> reserved.stream().noneMatch(r -> r.contains(address)))
        .map(address -> new Place(block.cidr(), address));
  }

  private boolean mayClaim(String node, IpFamily family) {
    IpamConfiguration configuration = view.configuration();
    return configuration.autoAllocateBlocks()
        && owned(node, family) < configuration.maxBlocksPerHost();
  }

  private long owned(String node, IpFamily family) {
    return view.blocksOf(node).stream().filter(f -> f.cidr().family() == family).count();
  }

  /** The block with its addresses that have cooled down free. */
  IpamBlock cooled(IpamBlock block) {
    return block.withCooledDown(
        clock.instant().minusSeconds(view.configuration().ipCooldownSeconds()));
  }

  private IpamException exhausted(AddressRequest request, IpFamily family, PoolChoice choice) {
    IpamConfiguration configuration = view.configuration();
    String refused = choice.refusals().isEmpty() ? "" : "; " + choice.why();
    if (owned(request.node(), family) >= configuration.maxBlocksPerHost()) {
      return new IpamException(
          Reason.BLOCK_LIMIT,
          "node "
              + request.node()
              + " has no free "
              + text(family)
              + " address and may not have"
              + " more than "
              + configuration.maxBlocksPerHost()
              + " blocks (IPAMConfiguration"
              + " maxBlocksPerHost)"
              + refused);
    }
    String pools = choice.pools().stream().map(this::state).collect(Collectors.joining("; "));
    return new IpamException(
        Reason.EXHAUSTED,
        "no free " + text(family) + " address for node " + request.node() + ": " + pools + refused);
  }

  private String state(IpPool pool) {
    List<BlockFacts> inside = view.blockIndex().inside(pool.cidr());
    long free = inside.stream().mapToLong(BlockFacts::free).sum();
    IpamConfiguration configuration = view.configuration();
    return PoolChoice.name(pool)
        + " has "
        + inside.size()
        + " blocks of /"
        + pool.blockSize()
        + " with "
        + free
        + " free addresses"
        + (free > 0 && configuration.strictAffinity() ? " of other nodes (strictAffinity)" : "")
        + (configuration.autoAllocateBlocks() ? "" : ", and autoAllocateBlocks is false");
  }

  private static List<InetAddress> addresses(Optional<Held<IpamBlock>> block, String handleId) {
    return block.map(held -> held.value().addressesOf(handleId)).orElse(List.of());
  }

  private static IpamException unavailable(InetAddress address, String why) {
    return new IpamException(
        Reason.ADDRESS_UNAVAILABLE, "address " + Ip.text(address) + ": " + why);
  }

  private static String text(IpFamily family) {
    return family == IpFamily.IPV4 ? "IPv4" : "IPv6";
  }
}
