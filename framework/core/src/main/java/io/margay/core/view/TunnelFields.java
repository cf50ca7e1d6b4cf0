// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Node;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a Node has its tunnel addresses, by {@code MODE/FAMILY} such as {@code vxlan/IPV4}:
 * Calico's own fields where they exist, annotations for the rest.
 */
public final class TunnelFields {
  /** Of modes that Calico has no field for: JSON, addresses by {@code MODE/FAMILY}. */
  static final String ADDRESSES = "margay.io/tunnel-addresses";

  /** Given up and still held: JSON, addresses by {@code MODE/FAMILY}. */
  static final String PARKED = "margay.io/parked-tunnel-addresses";

  private static final String IPIP = key("ipip", IpFamily.IPV4);

  private TunnelFields() {}

  /** How a mode's address of a family is called. */
  public static String key(String mode, IpFamily family) {
    return mode + "/" + family;
  }

  /** The addresses that tunnels have. */
  public static Map<String, InetAddress> addresses(Node node) throws InvalidResourceException {
    Map<String, InetAddress> addresses = new HashMap<>(annotated(node, ADDRESSES));
    node.ipv4IpipTunnelAddr().ifPresent(a -> addresses.put(IPIP, a));
    for (IpFamily family : IpFamily.values()) {
      node.vxlanTunnelAddr(family).ifPresent(a -> addresses.put(key("vxlan", family), a));
    }
    return addresses;
  }

  /** Sets or, when empty, removes the address of a tunnel. */
  public static Node withAddress(
      Node node, String mode, IpFamily family, Optional<InetAddress> value)
      throws InvalidResourceException {
    if (mode.equals("vxlan")) {
      return node.withVxlanTunnelAddr(family, value);
    }
    String key = key(mode, family);
    return key.equals(IPIP)
        ? node.withIpv4IpipTunnelAddr(value)
        : withAnnotated(node, ADDRESSES, key, value);
  }

  /** The addresses of tunnels that are no more, which connections may still use. */
  public static Map<String, InetAddress> parked(Node node) throws InvalidResourceException {
    return annotated(node, PARKED);
  }

  /** Parks an address or, when empty, ends that. */
  public static Node withParked(Node node, String key, Optional<InetAddress> value)
      throws InvalidResourceException {
    return withAnnotated(node, PARKED, key, value);
  }

  private static Map<String, InetAddress> annotated(Node node, String annotation)
      throws InvalidResourceException {
    Map<String, InetAddress> addresses = new TreeMap<>();
    for (Map.Entry<String, String> e : Annotations.texts(node, annotation).entrySet()) {
      try {
        addresses.put(e.getKey(), Ip.parse(e.getValue()));
      } catch (IllegalArgumentException bad) {
        throw Annotations.problem(node, annotation, e.getValue(), "an IP address");
      }
    }
    return addresses;
  }

  private static Node withAnnotated(
      Node node, String annotation, String key, Optional<InetAddress> value)
      throws InvalidResourceException {
    Map<String, String> texts = new TreeMap<>(Annotations.texts(node, annotation));
    value.ifPresentOrElse(a -> texts.put(key, Ip.text(a)), () -> texts.remove(key));
    return Annotations.with(node, annotation, texts);
  }
}
