// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.Assignment.Assigned;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import io.margay.ipam.Finder.Place;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Gives a handle one address for each family or certain address that it asks for and lacks. */
final class AssignJob extends Job<Assignment> {
  /** One address wanted. */
  private static final class Piece {
    private final IpFamily family;
    private final Optional<InetAddress> wanted;

    // Where the current batch takes it, and whether that is written.
    private Optional<Place> place = Optional.empty();
    private boolean written;

    Piece(IpFamily family, Optional<InetAddress> wanted) {
      this.family = family;
      this.wanted = wanted;
    }
  }

  private final AddressRequest request;
  private final Function<Assignment, List<Write>> alsoWrite;
  private final Finder finder;
  private final Allocation holder;

  // Empty until the handle has been read, and again after somebody else changed it.
  private Optional<Held<IpamHandle>> handle = Optional.empty();
  private final Map<InetAddress, Cidr> found = new TreeMap<>(Ip::compare);
  private List<Piece> pieces = List.of();
  private boolean existed;

  /** Blocks in which that is still to be written. */
  private final Set<Cidr> renewing = new HashSet<>();

  /** Whether what the handle held before is written as given anew. */
  private boolean renewed;

  AssignJob(AddressRequest request, Function<Assignment, List<Write>> alsoWrite, Finder finder) {
    super(request.handle());
    this.request = request;
    this.alsoWrite = alsoWrite;
    this.finder = finder;
    Map<String, String> attributes = new HashMap<>(request.attributes());
    attributes.put(Allocation.NODE, request.node());
    if (request.use() == AddressRequest.Use.WORKLOAD) {
      // As Calico does; its tunnels have none.
      attributes.put(Allocation.TIMESTAMP, Allocation.timestamp(finder.now()));
    }
    this.holder = Allocation.of(request.handle(), attributes);
  }

  AddressRequest request() {
    return request;
  }

  /** Whether it got what it asked for. */
  boolean isServed() {
    return isDone() && !result().isCompletedExceptionally();
  }

  @Override
  void join(Batch batch) throws IpamException, StoreException {
    if (handle.isEmpty()) {
      begin();
    }
    if (!renewed && !stillHolds(batch)) {
      handle = Optional.empty(); // Look again in the next round.
      return;
    }
    boolean hasAll = pieces.stream().allMatch(p -> p.written);
    if (!hasAll) {
      findPlaces(batch);
    }
    prepareFurther();
    if (!renewed) {
      renew(batch);
    }
    if (!hasAll) {
      takePlaces(batch);
      joinHandle(batch);
    }
    joinFurther(batch);
  }

  @Override
  void settle() {
    boolean hasAll = handle.isPresent() && renewed && pieces.stream().allMatch(p -> p.written);
    if (hasAll && isFurtherWritten()) {
      complete(assignment());
    }
  }

  /** Finds out what the handle holds already, and what is left to assign. */
  private void begin() throws IpamException, StoreException {
    Held<IpamHandle> read = readHandle(finder.store());
    found.clear();
    for (Map.Entry<Cidr, Integer> entry : read.value().blocks().entrySet()) {
      Cidr block = entry.getKey();
      finder
          .heldBy(handleId(), block, entry.getValue())
          .forEach(address -> found.put(address, block));
    }
    List<Piece> open = new ArrayList<>();
    Set<IpFamily> covered = new HashSet<>();
    found.keySet().forEach(address -> covered.add(IpFamily.of(address)));
    for (InetAddress address : request.addresses()) {
      covered.add(IpFamily.of(address));
      if (!found.containsKey(address)) {
        open.add(new Piece(IpFamily.of(address), Optional.of(address)));
      }
    }
    request.families().stream()
        .sorted()
        .filter(family -> !covered.contains(family))
        .forEach(family -> open.add(new Piece(family, Optional.empty())));
    existed = open.isEmpty();
    // Nobody takes a tunnel's address for one without its pod.
    renewed = found.isEmpty() || request.use() == AddressRequest.Use.TUNNEL;
    pieces = open;
    handle = Optional.of(read);
    forgetFurther();
  }

  private boolean stillHolds(Batch batch) throws StoreException {
    for (Map.Entry<InetAddress, Cidr> entry : found.entrySet()) {
      Optional<IpamBlock> block = batch.block(entry.getValue());
      if (block.filter(b -> b.addressesOf(handleId()).contains(entry.getKey())).isEmpty()) {
        finder.blocks().forget(entry.getValue());
        return false;
      }
    }
    return true;
  }

  /**
   * Gives what the handle holds already to it anew: whoever has seen it without its pod, and is
   * about to take it back, must fail.
   */
  private void renew(Batch batch) {
    Map<Cidr, List<InetAddress>> byBlock =
        found.keySet().stream().collect(Collectors.groupingBy(found::get));
    renewing.addAll(byBlock.keySet());
    byBlock.forEach(
        (cidr, addresses) ->
            batch.change(
                cidr,
                block -> block.withRenewed(addresses),
                () -> {
                  renewing.remove(cidr);
                  renewed = renewing.isEmpty();
                }));
  }

  /** Finds a free address for each open piece, in the blocks as this batch leaves them. */
  private void findPlaces(Batch batch) throws IpamException, StoreException {
    List<IpamException> refusals = new ArrayList<>();
    for (Piece piece : pieces) {
      if (!piece.written) {
        try {
          piece.place =
              Optional.of(
                  piece.wanted.isPresent()
                      ? finder.find(request, piece.wanted.get(), batch)
                      : finder.find(request, piece.family, batch));
        } catch (IpamException e) {
          refusals.add(e);
        }
      }
    }
    if (!refusals.isEmpty()) {
      throw joined(refusals);
    }
    forgetFurther(); // They may name the addresses.
  }

  private static IpamException joined(List<IpamException> refusals) {
    IpamException first = refusals.get(0);
    String all =
        refusals.stream()
            .map(IpamException::getMessage)
            .distinct()
            .collect(Collectors.joining("; "));
    return refusals.size() == 1 ? first : new IpamException(first.reason(), all, first);
  }

  private void takePlaces(Batch batch) {
    for (Piece piece : pieces) {
      if (!piece.written) {
        Place place = piece.place.orElseThrow();
        batch.change(
            place.block(),
            block -> finder.assigned(block, place.address(), holder),
            () -> piece.written = true);
      }
    }
  }

  /**
   * Writes the handle even when its counts are high enough already: a release that saw no address
   * yet may be about to delete it, and one of the two writes must fail.
   */
  private void joinHandle(Batch batch) {
    Held<IpamHandle> before = handle.orElseThrow();
    IpamHandle after = raised(before.value());
    batch.before(
        put(before, after),
        revision -> handle = Optional.of(new Held<>(after, revision)),
        () -> handle = Optional.empty());
  }

  /** The handle with counts that are high enough for all that it holds or is about to. */
  private IpamHandle raised(IpamHandle before) {
    Map<Cidr, Integer> needed = new HashMap<>();
    found.values().forEach(block -> needed.merge(block, 1, Integer::sum));
    pieces.forEach(p -> needed.merge(p.place.orElseThrow().block(), 1, Integer::sum));
    IpamHandle after = before;
    for (Map.Entry<Cidr, Integer> entry : needed.entrySet()) {
      int missing = entry.getValue() - before.blocks().getOrDefault(entry.getKey(), 0);
      if (missing > 0) {
        after = after.plus(entry.getKey(), missing);
      }
    }
    return after;
  }

  @Override
  List<Write> computeFurther() {
    return alsoWrite.apply(assignment());
  }

  @Override
  Optional<Job<?>> undo() {
    Set<InetAddress> taken = new HashSet<>();
    pieces.stream().filter(p -> p.written).forEach(p -> taken.add(p.place.orElseThrow().address()));
    boolean isHandleRaised =
        handle
            .filter(h -> h.value().blocks().size() > Set.copyOf(found.values()).size())
            .isPresent();
    return taken.isEmpty() && !isHandleRaised
        ? Optional.empty()
        : Optional.of(
            new ReleaseJob(
                handleId(), (block, a) -> taken.contains(a), Set.of(), List.of(), finder));
  }

  private Assignment assignment() {
    Map<InetAddress, Cidr> all = new TreeMap<>(Ip::compare);
    all.putAll(found);
    for (Piece piece : pieces) {
      piece.place.ifPresent(place -> all.put(place.address(), place.block()));
    }
    List<Assigned> addresses = new ArrayList<>();
    all.forEach(
        (address, block) -> addresses.add(new Assigned(address, block, finder.poolOf(address))));
    return new Assignment(handleId(), addresses, existed);
  }
}
