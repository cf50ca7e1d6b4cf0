// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.net.IpFamily;
import io.margay.core.explain.Hop.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether packets that come in by a link are forwarded. IPv4 has a switch for each link beside that
 * for all; IPv6 only looks at the latter, which the node declares.
 */
final class LinkForwarding {
  private static final Path LINKS = Path.of("/proc/sys/net/ipv4/conf");

  private LinkForwarding() {}

  static Optional<Hop> of(String node, String link, IpFamily family) {
    if (family == IpFamily.IPV6) {
      return Optional.empty();
    }
    String name = "net.ipv4.conf." + link + ".forwarding";
    String what = "forwarding of what comes by " + link;
    try {
      String value = Files.readString(LINKS.resolve(link).resolve("forwarding")).strip();
      return Optional.of(
          value.equals("1")
              ? Hop.ok(node, Place.NODE, what, "1", "on")
              : Hop.broken(
                  node,
                  Place.NODE,
                  what,
                  name + " = 1",
                  name + " = " + value,
                  "sysctl -w " + name + "=1 on " + node));
    } catch (IOException e) {
      return Optional.of(Hop.unknown(node, Place.NODE, what, name + ": " + e.getMessage()));
    }
  }
}
