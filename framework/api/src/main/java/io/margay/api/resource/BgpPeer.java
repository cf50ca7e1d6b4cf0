// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** BGP neighbours of some nodes. */
public final class BgpPeer extends Resource {
  public static final String KIND = "BGPPeer";

  private static final int BGP_PORT = 179;
  private static final int MAX_PORT = 65535;

  /** Which next hop goes out with a route. */
  public enum NextHopMode {
    AUTO,
    SELF,
    KEEP
  }

  /** A neighbour's address and TCP port. */
  public record Address(InetAddress address, int port) {}

  private final Optional<String> node;
  private final Optional<Selector> nodeSelector;
  private final Optional<Address> peerIp;
  private final Optional<Selector> peerSelector;
  private final Optional<Selector> localWorkloadSelector;
  private final Optional<Long> asNumber;
  private final Optional<Long> localAsNumber;
  private final NextHopMode nextHopMode;
  private final Optional<SecretKey> password;
  private final boolean usesNodeIp;
  private final Optional<Duration> maxRestartTime;
  private final Optional<Duration> keepaliveTime;
  private final int numAllowedLocalAsNumbers;
  private final OptionalInt ttlSecurity;
  private final Optional<InetAddress> reachableBy;
  private final List<String> filters;
  private final boolean reversePeering;

  BgpPeer(Fields root) {
    super(KIND, root);
    checkName(root);
    Fields spec = root.object("spec");
    node = spec.text("node").filter(s -> !s.isEmpty());
    nodeSelector = spec.selector("nodeSelector");
    peerIp = spec.parsed("peerIP", BgpPeer::peer);
    peerSelector = spec.selector("peerSelector");
    localWorkloadSelector = spec.selector("localWorkloadSelector");
    asNumber = spec.asNumber("asNumber").filter(n -> n != 0);
    localAsNumber = spec.asNumber("localASNumber");
    boolean keepsNextHop = spec.flag("keepOriginalNextHop", false);
    nextHopMode =
        spec.choice(
            "nextHopMode", NextHopMode.class, keepsNextHop ? NextHopMode.KEEP : NextHopMode.AUTO);
    password = SecretKey.read(spec, "password");
    usesNodeIp = !spec.oneOf("sourceAddress", "UseNodeIP", "None").equals(Optional.of("None"));
    maxRestartTime = spec.duration("maxRestartTime");
    keepaliveTime = spec.duration("keepaliveTime");
    numAllowedLocalAsNumbers = spec.integer("numAllowedLocalASNumbers", 0, Integer.MAX_VALUE, 0);
    ttlSecurity = spec.integer("ttlSecurity", 0, 255);
    reachableBy = spec.address("reachableBy");
    filters = spec.texts("filters");
    reversePeering = !spec.oneOf("reversePeering", "Auto", "Manual").equals(Optional.of("Manual"));
    checkNodes(spec);
    checkPeers(spec);
    if (keepsNextHop && spec.has("nextHopMode")) {
      spec.problem("nextHopMode", "absent while keepOriginalNextHop is true");
    }
  }

  /** Reads a document. */
  public static BgpPeer parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, BgpPeer::new);
  }

  /** The only node that has this neighbour. */
  public Optional<String> node() {
    return node;
  }

  /** The nodes that have this neighbour; all when neither this nor {@link #node} is set. */
  public Optional<Selector> nodeSelector() {
    return nodeSelector;
  }

  public Optional<Address> peerIp() {
    return peerIp;
  }

  /** Nodes that are the neighbours. */
  public Optional<Selector> peerSelector() {
    return peerSelector;
  }

  /** Local workloads that are the neighbours. */
  public Optional<Selector> localWorkloadSelector() {
    return localWorkloadSelector;
  }

  /** AS number of the neighbour; empty when it is a node, or has ours. */
  public Optional<Long> asNumber() {
    return asNumber;
  }

  /** Our AS number towards it, when another than the node's. */
  public Optional<Long> localAsNumber() {
    return localAsNumber;
  }

  public NextHopMode nextHopMode() {
    return nextHopMode;
  }

  public Optional<SecretKey> password() {
    return password;
  }

  /** Whether connections come from the node's address; {@code sourceAddress: UseNodeIP}. */
  public boolean usesNodeIp() {
    return usesNodeIp;
  }

  /** Graceful restart time. */
  public Optional<Duration> maxRestartTime() {
    return maxRestartTime;
  }

  public Optional<Duration> keepaliveTime() {
    return keepaliveTime;
  }

  /** How often our own AS number may be in a path that we accept. */
  public int numAllowedLocalAsNumbers() {
    return numAllowedLocalAsNumbers;
  }

  /** Hops to the neighbour that are checked (GTSM, RFC 5082). */
  public OptionalInt ttlSecurity() {
    return ttlSecurity;
  }

  /** Gateway by which the neighbour is reached. */
  public Optional<InetAddress> reachableBy() {
    return reachableBy;
  }

  /** Names of BGPFilters, in order. */
  public List<String> filters() {
    return filters;
  }

  /** Whether selected nodes get the peering in both directions. */
  public boolean reversePeering() {
    return reversePeering;
  }

  private void checkNodes(Fields spec) {
    if (node.isPresent() && nodeSelector.isPresent()) {
      spec.problem("nodeSelector", "absent while node is set");
    }
  }

  private void checkPeers(Fields spec) {
    List<String> given =
        List.of("peerIP", "peerSelector", "localWorkloadSelector").stream()
            .filter(name -> spec.has(name) && !spec.values().get(name).equals(""))
            .toList();
    if (given.size() != 1) {
      spec.problem(
          "peerIP",
          given.isEmpty() ? "missing" : String.join(" and ", given),
          "one of peerIP, peerSelector and localWorkloadSelector");
    }
    if (peerSelector.isPresent() && asNumber.isPresent()) {
      spec.problem("asNumber", "absent while peerSelector is set");
    }
    if (localWorkloadSelector.isPresent() && asNumber.isEmpty()) {
      spec.problem("asNumber", "set, since localWorkloadSelector is");
    }
    if (reachableBy.isPresent()
        && !peerIp.map(p -> IpFamily.of(p.address())).equals(reachableBy.map(IpFamily::of))) {
      spec.problem("reachableBy", "a gateway of the family of peerIP");
    }
  }

  /** {@code 192.0.2.1}, {@code 192.0.2.1:179}, {@code 2001:db8::1} or {@code [2001:db8::1]:179}. */
  private static Address peer(String text) {
    String host = text;
    String port = Integer.toString(BGP_PORT);
    int colon = text.lastIndexOf(':');
    if (text.startsWith("[") && text.indexOf(']') == colon - 1) {
      host = text.substring(1, colon - 1);
      port = text.substring(colon + 1);
    } else if (colon >= 0 && text.indexOf(':') == colon) {
      host = text.substring(0, colon);
      port = text.substring(colon + 1);
    }
    if (!port.matches("[0-9]{1,5}")
        || Integer.parseInt(port) < 1
        || Integer.parseInt(port) > MAX_PORT) {
      throw new IllegalArgumentException(
          "peerIP: " + text + " (expected: an address, with a port as in 192.0.2.1:179)");
    }
    return new Address(Ip.parse(host), Integer.parseInt(port));
  }
}
