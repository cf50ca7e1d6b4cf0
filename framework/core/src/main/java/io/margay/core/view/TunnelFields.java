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
import java.util.regex.Pattern;

/**
 * Where a Node has its tunnel addresses, by {@code MODE/FAMILY} such as {@code vxlan/IPV4}:
 * Calico's own fields where they exist, annotations for the rest.
 */
public final class TunnelFields {
  /** Of modes that Calico has no field for: JSON, addresses by {@code MODE/FAMILY}. */
  static final String ADDRESSES = "margay.io/tunnel-addresses";

  /** Given up and still held: JSON, addresses by {@code MODE/FAMILY}. */
  static final String PARKED = "margay.io/parked-tunnel-addresses";

  private static final Pattern KEY = Pattern.compile("[a-z][a-z0-9-]*/IPV[46]");

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

  /** Parks all addresses of a mode. */
  public static Node withRetired(Node node, String mode) throws InvalidResourceException {
    Node result = node;
    Map<String, InetAddress> addresses = addresses(node);
    for (IpFamily family : IpFamily.values()) {
      InetAddress address = addresses.get(key(mode, family));
      if (address != null) {
        result = withAddress(result, mode, family, Optional.empty());
        result = withAnnotated(result, PARKED, key(mode, family), Optional.of(address));
      }
    }
    return result;
  }

  /** Ends that these are parked; another address of such a key stays. */
  public static Node withoutParked(Node node, Map<String, InetAddress> gone)
      throws InvalidResourceException {
    Node result = node;
    Map<String, InetAddress> parked = parked(node);
    for (Map.Entry<String, InetAddress> e : gone.entrySet()) {
      if (e.getValue().equals(parked.get(e.getKey()))) {
        result = withAnnotated(result, PARKED, e.getKey(), Optional.empty());
      }
    }
    return result;
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
      if (!KEY.matcher(e.getKey()).matches()) {
        throw Annotations.problem(node, annotation, e.getKey(), "a key such as vxlan/IPV4");
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
