// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Destination;
import io.margay.api.net.Cidr;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What each mode has to plan for, and what stays as it is.
 *
 * @param byPool destinations of each pool
 * @param byMode names of pools by the mode that they ask for
 * @param frozen pools whose mode nobody provides, with that mode: they stay as they are
 * @param orphans remote blocks and addresses in no pool: they keep the routes they have
 */
public record Wanted(
    Map<String, List<Destination>> byPool,
    Map<String, List<String>> byMode,
    Map<String, String> frozen,
    List<Cidr> orphans) {
  public static final Wanted NOTHING = new Wanted(Map.of(), Map.of(), Map.of(), List.of());

  /**
   * Divides a view among the modes.
   *
   * @param isProvided whether a mode's service is there
   */
  public static Wanted of(ClusterView view, Predicate<String> isProvided) {
    Map<String, List<String>> byMode = new TreeMap<>();
    Map<String, String> frozen = new TreeMap<>();
    for (PoolEntry pool : new TreeMap<>(view.pools()).values()) {
      String mode = pool.mode().name();
      if (isProvided.test(mode)) {
        byMode.computeIfAbsent(mode, m -> new ArrayList<>()).add(pool.name());
      } else {
        frozen.put(pool.name(), mode);
      }
    }
    return new Wanted(Destinations.byPool(view), byMode, frozen, Destinations.orphans(view));
  }

  /** Destinations of all pools that ask for a mode, ordered by CIDR. */
  public List<Destination> destinations(String mode) {
    return byMode.getOrDefault(mode, List.of()).stream()
        .flatMap(pool -> destinationsOf(pool).stream())
        .sorted(Comparator.comparing(Destination::cidr))
        .toList();
  }

  /** Destinations of one pool, ordered by CIDR. */
  public List<Destination> destinationsOf(String pool) {
    return byPool.getOrDefault(pool, List.of());
  }
}
