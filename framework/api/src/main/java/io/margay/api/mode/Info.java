// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.net.IpFamily;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a routing mode is and needs. Constant for the life of the service.
 *
 * <p>Built with {@link #of} and {@code withX}, so that a further property breaks no vendor.
 */
public final class Info {
  /**
   * Tunnel traffic between nodes, which the host rules let through from known nodes only.
   *
   * @param ipProtocol IP protocol number, such as 4, or 17 together with a port
   * @param udpPort 0 when the protocol has no ports
   */
  public record HostTraffic(int ipProtocol, int udpPort) {}

  private final String name;
  private final Map<IpFamily, Integer> overheadBytes;
  private final List<HostTraffic> hostTraffic;
  private final Set<IpFamily> tunnelAddresses;
  private final Set<String> linkTypes;

  private Info(
      String name,
      Map<IpFamily, Integer> overheadBytes,
      List<HostTraffic> hostTraffic,
      Set<IpFamily> tunnelAddresses,
      Set<String> linkTypes) {
    this.name = name;
    this.overheadBytes = overheadBytes;
    this.hostTraffic = hostTraffic;
    this.tunnelAddresses = tunnelAddresses;
    this.linkTypes = linkTypes;
  }

  /** A mode of this name, as used in a pool: lower-case letters and digits. */
  public static Info of(String name) {
    if (!name.matches("[a-z][a-z0-9-]*")) {
      throw new IllegalArgumentException(
          "mode: " + name + " (expected: lower-case letters, digits and dashes)");
    }
    return new Info(name, Map.of(), List.of(), Set.of(), Set.of());
  }

  /** Adds a family that pods may use, and what the mode adds to each of their packets, in bytes. */
  public Info withFamily(IpFamily family, int bytes) {
    Map<IpFamily, Integer> more = new EnumMap<>(IpFamily.class);
    more.putAll(overheadBytes);
    more.put(family, bytes);
    return new Info(name, Map.copyOf(more), hostTraffic, tunnelAddresses, linkTypes);
  }

  /** Adds traffic that nodes exchange for this mode. */
  public Info withHostTraffic(HostTraffic value) {
    List<HostTraffic> more = new ArrayList<>(hostTraffic);
    more.add(value);
    return new Info(name, overheadBytes, List.copyOf(more), tunnelAddresses, linkTypes);
  }

  /** Families in which each node needs a tunnel address out of a pool. */
  public Info withTunnelAddresses(Set<IpFamily> families) {
    return new Info(name, overheadBytes, hostTraffic, Set.copyOf(families), linkTypes);
  }

  /** IFLA_INFO_KINDs that the kernel must be able to create. */
  public Info withLinkTypes(Set<String> kinds) {
    return new Info(name, overheadBytes, hostTraffic, tunnelAddresses, Set.copyOf(kinds));
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

  public List<HostTraffic> hostTraffic() {
    return hostTraffic;
  }

  public Set<IpFamily> tunnelAddresses() {
    return tunnelAddresses;
  }

  public Set<String> linkTypes() {
    return linkTypes;
  }
}
