// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A slice of a pool: which of its addresses are held, by whom, and in which order the free ones are
 * given out (first in, first out, so that an address rests as long as possible).
 *
 * <p>Each {@code withX} is one write: it raises the sequence number.
 */
public final class IpamBlock extends Resource {
  public static final String KIND = "IPAMBlock";

  /** Stands for a CIDR that could not be read, in a resource that is then refused. */
  static final Cidr NO_CIDR = Cidr.parse("0.0.0.0/32");

  private static final String HOST = "host:";
  private static final int MAX_HOST_BITS = 12;
  private static final Set<String> KNOWN =
      Set.of(
          "cidr",
          "affinity",
          "affinityClaimTime",
          "allocations",
          "unallocated",
          "attributes",
          "sequenceNumber",
          "sequenceNumberForAllocation",
          "deleted",
          "strictAffinity");

  private final Cidr cidr;
  private final Optional<String> affinity;
  private final Optional<String> affinityClaimTime;
  private final BlockTable table;
  private final long sequenceNumber;
  private final boolean deleted;
  private final Map<String, Object> otherSpec;

  IpamBlock(Fields root) {
    super(KIND, root, Trees.with(root.values(), null, "spec"));
    Fields spec = root.object("spec");
    spec.required("cidr");
    Cidr given = spec.cidr("cidr").orElse(NO_CIDR);
    if (given.family().addressBits() - given.length() > MAX_HOST_BITS) {
      spec.problem("cidr", "a block of at most 4096 addresses");
      given = NO_CIDR;
    }
    cidr = given;
    affinity = spec.text("affinity").filter(s -> !s.isEmpty()).map(String::intern);
    affinityClaimTime = spec.text("affinityClaimTime");
    sequenceNumber = spec.number("sequenceNumber", 0, Long.MAX_VALUE).orElse(0L);
    table = given.equals(NO_CIDR) ? BlockTable.free(1) : BlockTable.read(spec, size(given));
    deleted = BlockAffinity.deleted(spec);
    spec.flag("strictAffinity");
    Map<String, Object> other = new LinkedHashMap<>(spec.values());
    other.keySet().removeAll(KNOWN);
    otherSpec = other.isEmpty() ? Map.of() : Trees.frozen(other);
  }

  private IpamBlock(
      IpamBlock before, Optional<String> affinity, Optional<String> claimTime, BlockTable table) {
    super(before);
    this.cidr = before.cidr;
    this.affinity = affinity;
    this.affinityClaimTime = claimTime;
    this.table = table;
    this.sequenceNumber = before.sequenceNumber + 1;
    this.deleted = before.deleted;
    this.otherSpec = before.otherSpec;
  }

  /** Reads a document. */
  public static IpamBlock parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, IpamBlock::new);
  }

  /** A new block of a node, all addresses free, claimed at this time. */
  public static IpamBlock claimedBy(String node, Cidr cidr, Instant now) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("cidr", cidr.toString());
    spec.put("affinity", HOST + node);
    spec.put("affinityClaimTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
    BlockTable.free(size(cidr)).write(spec);
    spec.put("sequenceNumber", now.getEpochSecond() * 1_000_000_000L + now.getNano());
    return make(Trees.envelope(V1, KIND, "", nameOf(cidr), spec), IpamBlock::new);
  }

  /** Name of the document of a block: its CIDR with dashes. */
  public static String nameOf(Cidr cidr) {
    return cidr.toString().replaceAll("[.:/]", "-");
  }

  /**
   * Gives free addresses to a holder.
   *
   * @throws IllegalArgumentException when one is not free
   */
  public IpamBlock withAssigned(List<InetAddress> addresses, Allocation holder) {
    int[] ordinals = addresses.stream().mapToInt(this::ordinal).toArray();
    return with(table.assign(ordinals, holder, sequenceNumber));
  }

  /**
   * Gives held addresses to their holders anew: a release that knows the sequence number of the
   * time before does not free them.
   */
  public IpamBlock withRenewed(List<InetAddress> addresses) {
    return with(table.renew(among(addresses), sequenceNumber));
  }

  /** Queues addresses that nobody holds and that are in no queue; see {@link #lost}. */
  public IpamBlock withQueued() {
    return with(table.queueLost());
  }

  /** Frees addresses; those that nobody holds stay free. */
  public IpamBlock withReleased(List<InetAddress> addresses) {
    return with(table.free(among(addresses)));
  }

  /** Lets addresses cool down from this time on, instead of freeing them at once. */
  public IpamBlock withCooling(List<InetAddress> addresses, Instant now) {
    return with(table.replace(among(addresses), Allocation.cooling(now)));
  }

  /** Frees the addresses that have been cooling since before this time; may be this very block. */
  public IpamBlock withCooledDown(Instant limit) {
    IntPredicate cold =
        i -> table.holder(i).releasedAt().filter(t -> !t.isAfter(limit)).isPresent();
    boolean any =
        table.attributes().stream()
            .anyMatch(a -> a.releasedAt().filter(t -> !t.isAfter(limit)).isPresent());
    return any ? with(table.free(cold)) : this;
  }

  /** Makes it a node's block, or nobody's. */
  public IpamBlock withOwner(Optional<String> node, Instant now) {
    Optional<String> claimed = node.map(n -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new IpamBlock(this, node.map(HOST::concat), claimed, table);
  }

  /** The same content as a further write, which invalidates what rivals have read. */
  public IpamBlock touched() {
    return with(table);
  }

  public Cidr cidr() {
    return cidr;
  }

  /** {@code host:NODE} or {@code virtual:NAME}; empty when nobody's. */
  public Optional<String> affinity() {
    return affinity;
  }

  /** Name of the node whose block it is. */
  public Optional<String> owner() {
    return affinity.filter(a -> a.startsWith(HOST)).map(a -> a.substring(HOST.length()));
  }

  /** When it was claimed, an RFC 3339 time. */
  public Optional<String> affinityClaimTime() {
    return affinityClaimTime;
  }

  /** Grows with each write. */
  public long sequenceNumber() {
    return sequenceNumber;
  }

  /** Whether the document counts as absent: the first of Calico's two steps of a deletion. */
  public boolean deleted() {
    return deleted;
  }

  /** Number of addresses. */
  public int size() {
    return table.size();
  }

  public int freeCount() {
    return table.freeCount();
  }

  /** Number of addresses that cool down. */
  public int coolingCount() {
    boolean any = table.attributes().stream().anyMatch(a -> a.releasedAt().isPresent());
    return any ? addresses(i -> table.holder(i).releasedAt().isPresent()).size() : 0;
  }

  /** Whether nobody holds any address; one that cools down counts as held. */
  public boolean isEmpty() {
    return table.isEmpty();
  }

  /** Free addresses, the next to be given out first. */
  public List<InetAddress> freeAddresses() {
    return Arrays.stream(table.unallocated()).mapToObj(cidr::address).toList();
  }

  /** The next free address to be given out that is allowed. */
  public Optional<InetAddress> firstFree(Predicate<InetAddress> allowed) {
    return Arrays.stream(table.unallocated()).mapToObj(cidr::address).filter(allowed).findFirst();
  }

  /** Whether the address is in the block and free. */
  public boolean isFree(InetAddress address) {
    return cidr.contains(address) && table.isFree(ordinal(address));
  }

  /** Who holds an address of this block; empty when it is free. */
  public Optional<Allocation> holder(InetAddress address) {
    return Optional.ofNullable(table.holder(ordinal(address)));
  }

  /**
   * The block's sequence number when a held address was given to its holder; 0 when not recorded.
   */
  public long sequenceOf(InetAddress address) {
    return table.sequence(ordinal(address));
  }

  /** Addresses that nobody holds and that cannot be given out, since the queue lacks them. */
  public List<InetAddress> lost() {
    return Arrays.stream(table.lost()).mapToObj(cidr::address).toList();
  }

  /** What a handle holds, in order. */
  public List<InetAddress> addressesOf(String handleId) {
    return addresses(heldBy(handleId));
  }

  /** Every address that is held, in order, and by whom. */
  public Map<InetAddress, Allocation> allocations() {
    Map<InetAddress, Allocation> map = new LinkedHashMap<>();
    for (InetAddress address : addresses(i -> true)) {
      map.put(address, table.holder(ordinal(address)));
    }
    return Collections.unmodifiableMap(map);
  }

  /** Addresses used on another node than the block's owner, as host prefixes, and that node. */
  public Map<Cidr, String> borrowed() {
    Map<Cidr, String> map = new TreeMap<>();
    Optional<String> owner = owner();
    allocations()
        .forEach(
            (address, holder) ->
                holder
                    .node()
                    .filter(node -> !owner.equals(Optional.of(node)))
                    .ifPresent(node -> map.put(Cidr.host(address), node)));
    return Collections.unmodifiableMap(map);
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("cidr", cidr.toString());
    spec.put("affinity", affinity.orElse(null));
    affinityClaimTime.ifPresent(t -> spec.put("affinityClaimTime", t));
    table.write(spec);
    spec.put("sequenceNumber", sequenceNumber);
    spec.put("deleted", deleted);
    spec.put("strictAffinity", false);
    spec.putAll(otherSpec);
    return Trees.with(super.toMap(), Collections.unmodifiableMap(spec), "spec");
  }

  private IpamBlock with(BlockTable changed) {
    return new IpamBlock(this, affinity, affinityClaimTime, changed);
  }

  private IntPredicate heldBy(String handleId) {
    Optional<String> wanted = Optional.of(handleId);
    return i -> table.holder(i).handleId().equals(wanted);
  }

  private IntPredicate among(List<InetAddress> addresses) {
    Set<Integer> ordinals = addresses.stream().map(this::ordinal).collect(Collectors.toSet());
    return ordinals::contains;
  }

  private List<InetAddress> addresses(IntPredicate held) {
    List<InetAddress> list = new ArrayList<>();
    for (int i = 0; i < table.size(); i++) {
      if (table.holder(i) != null && held.test(i)) {
        list.add(cidr.address(i));
      }
    }
    return list;
  }

  private int ordinal(InetAddress address) {
    return Math.toIntExact(cidr.offsetOf(address));
  }

  private static int size(Cidr cidr) {
    int hostBits = IpFamily.of(cidr.network()).addressBits() - cidr.length();
    return 1 << hostBits;
  }
}
