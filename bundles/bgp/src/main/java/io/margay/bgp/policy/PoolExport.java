// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import java.util.List;
import java.util.Map;

/**
 * What Calico's nodes tell their peers: what they have themselves, and what lies in a pool; nothing
 * else that they have learned.
 *
 * @param silentPools pools with {@code disableBGPExport}
 * @param pools all others
 * @param reflectedRanges of services, that a route reflector passes on
 * @param communities by the prefix in which a route lies
 */
public record PoolExport(
    List<Prefix> silentPools,
    List<Prefix> pools,
    List<Prefix> reflectedRanges,
    Map<Prefix, List<String>> communities)
    implements RoutePolicy {
  public PoolExport {
    silentPools = List.copyOf(silentPools);
    pools = List.copyOf(pools);
    reflectedRanges = List.copyOf(reflectedRanges);
    communities = Map.copyOf(communities);
  }

  @Override
  public PathAttributes apply(Prefix prefix, PathAttributes attributes, Source source) {
    if (isIn(silentPools, prefix)) {
      return null;
    }
    boolean passes =
        source.isLocal()
            || isIn(reflectedRanges, prefix)
            || isIn(pools, prefix) && !source.liesInOwn();
    return passes ? withCommunities(prefix, attributes) : null;
  }

  private static boolean isIn(List<Prefix> ranges, Prefix prefix) {
    for (Prefix range : ranges) {
      if (range.contains(prefix)) {
        return true;
      }
    }
    return false;
  }

  private PathAttributes withCommunities(Prefix prefix, PathAttributes attributes) {
    PathAttributes changed = attributes;
    for (Map.Entry<Prefix, List<String>> entry : communities.entrySet()) {
      if (entry.getKey().contains(prefix)) {
        for (String community : entry.getValue()) {
          changed = changed.withCommunity(community);
        }
      }
    }
    return changed;
  }
}
