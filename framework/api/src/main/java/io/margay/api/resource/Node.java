// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;

/** A node: its addresses in the underlay, its tunnel addresses, and labels for selectors. */
public final class Node extends Resource {
  public static final String KIND = "Node";

  private final Optional<InterfaceAddress> ipv4Address;
  private final Optional<InterfaceAddress> ipv6Address;
  private final Optional<Long> asNumber;
  private final Optional<String> routeReflectorClusterId;
  private final Optional<InetAddress> ipv4IpipTunnelAddr;
  private final Optional<InetAddress> ipv4VxlanTunnelAddr;
  private final Optional<InetAddress> ipv6VxlanTunnelAddr;
  private final Optional<MacAddress> vxlanTunnelMacAddr;
  private final Optional<MacAddress> vxlanTunnelMacAddrV6;

  Node(Fields root) {
    super(KIND, root);
    checkName(root);
    Labels.check(root.object("metadata"));
    Fields spec = root.object("spec");
    Fields bgp = spec.object("bgp");
    if (spec.has("bgp") && bgp.values().isEmpty()) {
      spec.problem("bgp", "absent, or an address or AS number in it");
    }
    ipv4Address = interfaceAddress(bgp, "ipv4Address", IpFamily.IPV4);
    ipv6Address = interfaceAddress(bgp, "ipv6Address", IpFamily.IPV6);
    asNumber = bgp.asNumber("asNumber");
    routeReflectorClusterId = bgp.text("routeReflectorClusterID").filter(s -> !s.isEmpty());
    if (routeReflectorClusterId.isPresent()) {
      bgp.address("routeReflectorClusterID", IpFamily.IPV4);
    }
    ipv4IpipTunnelAddr = bgp.address("ipv4IPIPTunnelAddr", IpFamily.IPV4);
    ipv4VxlanTunnelAddr = spec.address("ipv4VXLANTunnelAddr", IpFamily.IPV4);
    ipv6VxlanTunnelAddr = spec.address("ipv6VXLANTunnelAddr", IpFamily.IPV6);
    vxlanTunnelMacAddr = spec.parsed("vxlanTunnelMACAddr", MacAddress::parse);
    vxlanTunnelMacAddrV6 = spec.parsed("vxlanTunnelMACAddrV6", MacAddress::parse);
    for (String kept : new String[] {"wireguard", "interfaces", "addresses", "orchRefs"}) {
      spec.any(kept);
    }
    root.any("status");
  }

  /** Reads a document. */
  public static Node parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, Node::new);
  }

  /** A node without addresses. */
  public static Node of(String name) {
    return make(Trees.envelope(V3, KIND, "", name, Map.of()), Node::new);
  }

  /** Sets or, when empty, removes the underlay address of a family. */
  public Node withAddress(IpFamily family, Optional<InterfaceAddress> value) {
    String field = family == IpFamily.IPV4 ? "ipv4Address" : "ipv6Address";
    return with(value.map(InterfaceAddress::toString), "spec", "bgp", field);
  }

  public Node withAsNumber(Optional<Long> value) {
    return with(value, "spec", "bgp", "asNumber");
  }

  public Node withIpv4IpipTunnelAddr(Optional<InetAddress> value) {
    return with(value.map(Ip::text), "spec", "bgp", "ipv4IPIPTunnelAddr");
  }

  public Node withVxlanTunnelAddr(IpFamily family, Optional<InetAddress> value) {
    String field = family == IpFamily.IPV4 ? "ipv4VXLANTunnelAddr" : "ipv6VXLANTunnelAddr";
    return with(value.map(Ip::text), "spec", field);
  }

  public Node withVxlanTunnelMacAddr(IpFamily family, Optional<MacAddress> value) {
    String field = family == IpFamily.IPV4 ? "vxlanTunnelMACAddr" : "vxlanTunnelMACAddrV6";
    return with(value.map(MacAddress::toString), "spec", field);
  }

  public Node withLabels(Map<String, String> value) {
    return with(Optional.of(value).filter(labels -> !labels.isEmpty()), "metadata", "labels");
  }

  /** Sets an annotation; an empty value removes it. */
  public Node withAnnotation(String key, Optional<String> value) {
    Map<String, Object> annotations = metadata().annotated(key, value);
    return make(Trees.with(toMap(), annotations, "metadata", "annotations"), Node::new);
  }

  /** {@code spec.bgp.ipv4Address}: the underlay address with the length of its subnet. */
  public Optional<InterfaceAddress> ipv4Address() {
    return ipv4Address;
  }

  /** {@code spec.bgp.ipv6Address}. */
  public Optional<InterfaceAddress> ipv6Address() {
    return ipv6Address;
  }

  /** The underlay address of a family. */
  public Optional<InterfaceAddress> address(IpFamily family) {
    return family == IpFamily.IPV4 ? ipv4Address : ipv6Address;
  }

  /** {@code spec.bgp.asNumber}; empty means the cluster's. */
  public Optional<Long> asNumber() {
    return asNumber;
  }

  /** {@code spec.bgp.routeReflectorClusterID}, in the form of an IPv4 address. */
  public Optional<String> routeReflectorClusterId() {
    return routeReflectorClusterId;
  }

  /** {@code spec.bgp.ipv4IPIPTunnelAddr}. */
  public Optional<InetAddress> ipv4IpipTunnelAddr() {
    return ipv4IpipTunnelAddr;
  }

  /** {@code spec.ipv4VXLANTunnelAddr} or {@code spec.ipv6VXLANTunnelAddr}. */
  public Optional<InetAddress> vxlanTunnelAddr(IpFamily family) {
    return family == IpFamily.IPV4 ? ipv4VxlanTunnelAddr : ipv6VxlanTunnelAddr;
  }

  /** {@code spec.vxlanTunnelMACAddr} or {@code spec.vxlanTunnelMACAddrV6}. */
  public Optional<MacAddress> vxlanTunnelMacAddr(IpFamily family) {
    return family == IpFamily.IPV4 ? vxlanTunnelMacAddr : vxlanTunnelMacAddrV6;
  }

  private Node with(Optional<?> value, String... path) {
    return make(Trees.with(toMap(), value.orElse(null), path), Node::new);
  }

  private static Optional<InterfaceAddress> interfaceAddress(
      Fields fields, String name, IpFamily family) {
    Optional<InterfaceAddress> parsed = fields.parsed(name, InterfaceAddress::parse);
    if (parsed.filter(a -> a.family() != family).isPresent()) {
      fields.problem(name, family == IpFamily.IPV4 ? "an IPv4 address" : "an IPv6 address");
      return Optional.empty();
    }
    return parsed;
  }
}
