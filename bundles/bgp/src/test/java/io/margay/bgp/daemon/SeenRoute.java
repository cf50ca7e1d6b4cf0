// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import io.margay.api.net.Cidr;
import java.net.InetAddress;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A route as a daemon shows that it learned it.
 *
 * @param communities {@code aa:nn}, large ones {@code aa:nn:mm}, route targets {@code rt:aa:nn}
 * @param originatorId empty when there is none
 * @param clusterList the latest first
 * @param isStale kept for a peer that is expected to come back
 */
public record SeenRoute(
    Cidr prefix,
    InetAddress nextHop,
    List<Long> asPath,
    Set<String> communities,
    OptionalLong med,
    OptionalLong localPref,
    String originatorId,
    List<String> clusterList,
    boolean isStale) {
  public SeenRoute {
    asPath = List.copyOf(asPath);
    communities = Set.copyOf(communities);
    clusterList = List.copyOf(clusterList);
  }
}
