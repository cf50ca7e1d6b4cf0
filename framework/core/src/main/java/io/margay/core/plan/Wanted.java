// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Destination;
import io.margay.api.net.Cidr;
import io.margay.core.plan.Destinations.Claim;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What each mode has to plan for, and what stays as it is.
 *
 * @param byPool destinations of each pool
 * @param byMode names of pools by the mode that they ask for, or that they are leaving
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
   * @param inUse modes that pools need beside the one that they ask for
   * @param isProvided whether a mode's service is there
   * @param claims what route sharing tells of destinations in pools
   */
  public static Wanted of(
      ClusterView view,
      Map<String, Set<String>> inUse,
      Predicate<String> isProvided,
      Map<Cidr, Claim> claims) {
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
    inUse.forEach(
        (pool, modes) ->
            modes.stream()
                .filter(isProvided)
                .map(mode -> byMode.computeIfAbsent(mode, m -> new ArrayList<>()))
                .filter(pools -> !pools.contains(pool))
                .forEach(pools -> pools.add(pool)));
    return new Wanted(
        Destinations.byPool(view, claims), byMode, frozen, Destinations.orphans(view));
  }

  /** Modes that plan for a pool. */
  public List<String> modesOf(String pool) {
    return byMode.entrySet().stream()
        .filter(e -> e.getValue().contains(pool))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Destinations of all pools that a mode plans for, ordered by CIDR. */
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
