// SPDX-License-Identifier: Apache-2.0
package com.example.srv6;

import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Peer;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Segment ids of one node: one by which it takes IPv4 packets of pods in, one for IPv6.
 *
 * <p>They are the addresses 4 and 6 of the node's SID pool: of what the Node's annotation {@code
 * margay.io/srv6.sids} says, or else of a /64 in 5f00::/16, the range for segment ids (RFC 9602),
 * that follows from the node's address.
 */
record Sids(Map<IpFamily, Inet6Address> byFamily) {
  static final String SETTING = "sids";

  private static final String KEY = "sid/";
  private static final int FUNCTION_BITS = 8;
  private static final int LOCATOR_BITS = 64;

  Sids {
    byFamily = Map.copyOf(byFamily);
  }

  /**
   * Those of this node; none while it has no IPv6 address.
   *
   * @throws IllegalArgumentException the annotation says no IPv6 prefix with room for them
   */
  static Sids of(LocalNode self) {
    InetAddress address = self.addresses().get(IpFamily.IPV6);
    if (address == null) {
      return new Sids(Map.of());
    }
    String setting = self.settings().get(SETTING);
    Cidr pool = setting == null ? derived(address) : parsed(setting);
    Map<IpFamily, Inet6Address> sids = new EnumMap<>(IpFamily.class);
    for (IpFamily family : IpFamily.values()) {
      sids.put(family, (Inet6Address) Ip.plus(pool.network(), family == IpFamily.IPV4 ? 4 : 6));
    }
    return new Sids(sids);
  }

  /** Those that a peer has advertised. */
  static Sids of(Peer peer) {
    Map<IpFamily, Inet6Address> sids = new EnumMap<>(IpFamily.class);
    for (IpFamily family : IpFamily.values()) {
      read(peer.advertised().get(KEY + family)).ifPresent(sid -> sids.put(family, sid));
    }
    return new Sids(sids);
  }

  /** What {@link #of(Peer)} reads on the other nodes. */
  Map<String, String> advertised() {
    Map<String, String> texts = new TreeMap<>();
    byFamily.forEach((family, sid) -> texts.put(KEY + family, Ip.text(sid)));
    return texts;
  }

  Optional<Inet6Address> of(IpFamily family) {
    return Optional.ofNullable(byFamily.get(family));
  }

  /** The one for IPv4 first. */
  List<Inet6Address> all() {
    return Stream.of(IpFamily.values()).flatMap(family -> of(family).stream()).toList();
  }

  private static Cidr parsed(String setting) {
    Cidr pool;
    try {
      pool = Cidr.parse(setting);
    } catch (IllegalArgumentException e) {
      throw notAPool(setting, e);
    }
    if (pool.family() != IpFamily.IPV6 || pool.length() > 128 - FUNCTION_BITS) {
      throw notAPool(setting, null);
    }
    return pool;
  }

  private static IllegalArgumentException notAPool(String setting, Throwable cause) {
    return new IllegalArgumentException(
        "annotation margay.io/srv6."
            + SETTING
            + ": "
            + setting
            + " (expected: an IPv6 prefix of at most "
            + (128 - FUNCTION_BITS)
            + " bits, such as 2001:db8:5::/64)",
        cause);
  }

  private static Cidr derived(InetAddress address) {
    byte[] network = new byte[16];
    network[0] = 0x5f;
    System.arraycopy(sha1(address.getAddress()), 0, network, 2, LOCATOR_BITS / 8 - 2);
    return new Cidr(Ip.of(network), LOCATOR_BITS);
  }

  private static byte[] sha1(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java platform has it.
    }
  }

  /** Another node's word may be anything; what is no address of IPv6 counts as nothing. */
  private static Optional<Inet6Address> read(String text) {
    try {
      return text != null && Ip.parse(text) instanceof Inet6Address sid
          ? Optional.of(sid)
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
