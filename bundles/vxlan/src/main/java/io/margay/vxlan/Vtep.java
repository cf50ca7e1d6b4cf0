// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import io.margay.api.mode.Peer;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
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
