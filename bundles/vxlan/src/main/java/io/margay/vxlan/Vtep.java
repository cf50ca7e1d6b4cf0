// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import io.margay.api.mode.Peer;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A node's end of the tunnels of one family.
 *
 * @param mac of its device
 * @param address its tunnel address, inside
 * @param node its node address, outside
 */
record Vtep(MacAddress mac, InetAddress address, InetAddress node) {

  /** Of a peer that has both addresses; the MAC is Calico's unless the peer says another. */
  static Vtep of(Peer peer, IpFamily family) {
    String advertised = peer.advertised().get(macKey(family));
    return new Vtep(
        advertised == null ? mac(peer.name(), family) : MacAddress.parse(advertised),
        peer.tunnelAddresses().get(addressKey(family)),
        peer.addresses().get(family));
  }

  /**
   * By which address the routes to it go. For IPv6 not by the tunnel address: that lies within the
   * blocks of the node, so the kernel finds it by the route that is to be replaced, and refuses a
   * gateway that it finds on another device (ip6_route_check_nh_onlink). Link-local ones it never
   * looks up; this one is what the kernel there makes of the MAC (RFC 4291 appendix A).
   */
  InetAddress gateway() {
    if (address instanceof Inet4Address) {
      return address;
    }
    byte[] bytes = mac.bytes();
    byte[] gateway = {
      (byte) 0xfe,
      (byte) 0x80,
      0,
      0,
      0,
      0,
      0,
      0, //
      (byte) (bytes[0] ^ 2),
      bytes[1],
      bytes[2],
      (byte) 0xff,
      (byte) 0xfe,
      bytes[3],
      bytes[4],
      bytes[5]
    };
    return Ip.of(gateway);
  }

  /** Under which a node's tunnel address is found, here and at peers. */
  static String addressKey(IpFamily family) {
    return VxlanMode.NAME + "/" + family;
  }

  /** Under which a node advertises its MAC. */
  static String macKey(IpFamily family) {
    return "mac/" + family;
  }

  /** The letter f and five bytes of a digest of the node's name: felix/calc/vxlan_resolver.go. */
  static MacAddress mac(String node, IpFamily family) {
    byte[] digest = sha1(family == IpFamily.IPV4 ? node : node + "-v6");
    byte[] mac = new byte[6];
    mac[0] = 'f';
    System.arraycopy(digest, 0, mac, 1, 5);
    return MacAddress.of(mac);
  }

  private static byte[] sha1(String text) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-1 is part of every JDK", e);
    }
  }
}
