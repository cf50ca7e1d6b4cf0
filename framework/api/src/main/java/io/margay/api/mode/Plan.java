// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.dataplane.KernelObject;
import io.margay.api.net.Cidr;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a mode wants in the kernel. Immutable; each {@code withX} returns a longer plan.
 *
 * <p>Standing objects may exist before any packet uses them: links, addresses, neighbours,
 * forwarding entries. A destination that cannot be reached is listed with the reason instead of a
 * route; it keeps the route it has.
 */
public final class Plan {
  public static final Plan EMPTY = of(List.of(), Map.of());

  private final List<KernelObject> standing;
  private final TreeMap<Cidr, Sending> sendings;
  private final TreeMap<Cidr, String> unreachable;
  private final SortedSet<Wire> receives;
  private final SortedSet<HostTraffic> hostTraffic;

  private Plan(
      List<KernelObject> standing,
      TreeMap<Cidr, Sending> sendings,
      TreeMap<Cidr, String> unreachable,
      SortedSet<Wire> receives,
      SortedSet<HostTraffic> hostTraffic) {
    this.standing = standing;
    this.sendings = sendings;
    this.unreachable = unreachable;
    this.receives = receives;
    this.hostTraffic = hostTraffic;
  }

  /** A plan of standing objects and routes. */
  public static Plan of(List<KernelObject> standing, Map<Cidr, Sending> sendings) {
    return new Plan(
        List.copyOf(standing),
        new TreeMap<>(sendings),
        new TreeMap<>(),
        new TreeSet<>(),
        new TreeSet<>());
  }

  public Plan withStanding(KernelObject object) {
    List<KernelObject> more = new ArrayList<>(standing);
    more.add(object);
    return new Plan(List.copyOf(more), sendings, unreachable, receives, hostTraffic);
  }

  /** Names a destination that cannot be reached, and why, in a sentence. */
  public Plan withUnreachable(Map<Cidr, String> reasons) {
    TreeMap<Cidr, String> more = new TreeMap<>(unreachable);
    more.putAll(reasons);
    return new Plan(standing, sendings, more, receives, hostTraffic);
  }

  /** Adds a wire that this node understands once the standing objects are in the kernel. */
  public Plan withReceives(Wire wire) {
    SortedSet<Wire> more = new TreeSet<>(receives);
    more.add(wire);
    return new Plan(standing, sendings, unreachable, more, hostTraffic);
  }

  /** Adds traffic that other nodes send to this one for a wire that it receives. */
  public Plan withHostTraffic(HostTraffic value) {
    SortedSet<HostTraffic> more = new TreeSet<>(hostTraffic);
    more.add(value);
    return new Plan(standing, sendings, unreachable, receives, more);
  }

  public List<KernelObject> standing() {
    return standing;
  }

  /** Routes by destination, ordered. */
  public Map<Cidr, Sending> sendings() {
    return Collections.unmodifiableMap(sendings);
  }

  /** Destinations without a route, and why. */
  public Map<Cidr, String> unreachable() {
    return Collections.unmodifiableMap(unreachable);
  }

  /** Wires that the standing objects receive. */
  public SortedSet<Wire> receives() {
    return Collections.unmodifiableSortedSet(receives);
  }

  /** Traffic of these wires between nodes. */
  public SortedSet<HostTraffic> hostTraffic() {
    return Collections.unmodifiableSortedSet(hostTraffic);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Plan other
        && other.standing.equals(standing)
        && other.sendings.equals(sendings)
        && other.unreachable.equals(unreachable)
        && other.receives.equals(receives)
        && other.hostTraffic.equals(hostTraffic);
  }

  @Override
  public int hashCode() {
    return 31 * standing.hashCode() + sendings.hashCode();
  }

  /** One object or destination a line, in the syntax of {@code ip}. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    standing.forEach(o -> out.append(o).append('\n'));
    sendings.values().forEach(s -> out.append(s.route()).append('\n'));
    unreachable.forEach(
        (cidr, why) -> out.append("# ").append(cidr).append(": ").append(why).append('\n'));
    return out.toString();
  }
}
