// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What to read from the kernel.
 *
 * @param kinds which kinds of objects
 * @param owner only objects declared by this owner; empty for all, foreign ones included
 * @param lookups addresses whose route the kernel is asked for (a FIB lookup each)
 */
public record Query(
    Set<KernelObject.Kind> kinds, Optional<Owner> owner, List<InetAddress> lookups) {
  public Query {
    kinds = Set.copyOf(kinds);
    lookups = List.copyOf(lookups);
  }

  /** Everything of these kinds, ours and foreign. */
  public static Query of(KernelObject.Kind... kinds) {
    return new Query(Set.of(kinds), Optional.empty(), List.of());
  }

  /** What is in the kernel of the objects that one owner declared. */
  public static Query ownedBy(Owner owner) {
    return new Query(Set.of(KernelObject.Kind.values()), Optional.of(owner), List.of());
  }

  /** How the kernel would send to these addresses. */
  public static Query lookup(List<InetAddress> addresses) {
    return new Query(Set.of(), Optional.empty(), addresses);
  }
}
