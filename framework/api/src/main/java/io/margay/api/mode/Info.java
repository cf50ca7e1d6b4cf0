// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.net.IpFamily;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * What a routing mode is and needs. Constant for the life of the service.
 *
 * <p>Built with {@link #of} and {@code withX}, so that a further property breaks no vendor.
 */
public final class Info {
  private final String name;
  private final Map<IpFamily, Integer> overheadBytes;
  private final Set<IpFamily> tunnelAddresses;
  private final Set<String> linkTypes;

  private Info(
      String name,
      Map<IpFamily, Integer> overheadBytes,
      Set<IpFamily> tunnelAddresses,
      Set<String> linkTypes) {
    this.name = name;
    this.overheadBytes = overheadBytes;
    this.tunnelAddresses = tunnelAddresses;
    this.linkTypes = linkTypes;
  }

  /** A mode of this name, as used in a pool: lower-case letters and digits. */
  public static Info of(String name) {
    if (!name.matches("[a-z][a-z0-9-]*")) {
      throw new IllegalArgumentException(
          "mode: " + name + " (expected: lower-case letters, digits and dashes)");
    }
    return new Info(name, Map.of(), Set.of(), Set.of());
  }

  /** Adds a family that pods may use, and what the mode adds to each of their packets, in bytes. */
  public Info withFamily(IpFamily family, int bytes) {
    Map<IpFamily, Integer> more = new EnumMap<>(IpFamily.class);
    more.putAll(overheadBytes);
    more.put(family, bytes);
    return new Info(name, Map.copyOf(more), tunnelAddresses, linkTypes);
  }

  /** Families in which each node needs a tunnel address out of a pool. */
  public Info withTunnelAddresses(Set<IpFamily> families) {
    return new Info(name, overheadBytes, Set.copyOf(families), linkTypes);
  }

  /** IFLA_INFO_KINDs that the kernel must be able to create. */
  public Info withLinkTypes(Set<String> kinds) {
    return new Info(name, overheadBytes, tunnelAddresses, Set.copyOf(kinds));
  }

  public String name() {
    return name;
  }

  public Set<IpFamily> families() {
    return overheadBytes.keySet();
  }

  /** What the mode adds to each packet of the family, in bytes; 0 for a family it cannot carry. */
  public int overheadBytes(IpFamily family) {
    return overheadBytes.getOrDefault(family, 0);
  }

  public Set<IpFamily> tunnelAddresses() {
    return tunnelAddresses;
  }

  public Set<String> linkTypes() {
    return linkTypes;
  }
}
