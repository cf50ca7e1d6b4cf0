// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Ip;
import java.net.InetAddress;
import java.util.Optional;

/**
 * Where a route sends: a gateway, a link, or both.
 *
 * @param gateway empty for a destination that is on the link itself
 * @param link empty lets the kernel find the link of the gateway
 * @param weight share among several next hops, 1..256
 * @param onlink the gateway counts as reachable although no address of the link covers it
 */
public record NextHop(
    Optional<InetAddress> gateway, Optional<String> link, int weight, boolean onlink) {
  public NextHop {
    if (gateway.isEmpty() && link.isEmpty()) {
      throw new IllegalArgumentException("next hop: empty (expected: a gateway or a link)");
    }
    if (weight < 1 || weight > 256) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: 1..256)");
    }
  }

  public static NextHop via(InetAddress gateway) {
    return new NextHop(Optional.of(gateway), Optional.empty(), 1, false);
  }

  public static NextHop via(InetAddress gateway, String link) {
    return new NextHop(Optional.of(gateway), Optional.of(link), 1, false);
  }

  public static NextHop dev(String link) {
    return new NextHop(Optional.empty(), Optional.of(link), 1, false);
  }

  public NextHop withOnlink() {
    return new NextHop(gateway, link, weight, true);
  }

  public NextHop withWeight(int value) {
    return new NextHop(gateway, link, value, onlink);
  }

  @Override
  public String toString() {
    String text =
        gateway.map(g -> "via " + Ip.text(g) + " ").orElse("")
            + link.map(l -> "dev " + l + " ").orElse("")
            + (onlink ? "onlink" : "");
    return text.strip();
  }
}
