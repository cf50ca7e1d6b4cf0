// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * IFLA_INFO_DATA of the kinds of link we make. Kinds without data (dummy, ifb, bridge) take {@link
 * Attributes#NONE}; more of a kind's attributes are added with {@link Attributes}' {@code with}
 * methods. linux/if_link.h.
 */
public final class LinkData {
  public static final int IFLA_VXLAN_ID = 1;
  public static final int IFLA_VXLAN_LINK = 3;
  public static final int IFLA_VXLAN_LOCAL = 4;
  public static final int IFLA_VXLAN_LEARNING = 7;
  public static final int IFLA_VXLAN_PORT = 15;
  public static final int IFLA_VXLAN_LOCAL6 = 17;
  public static final int IFLA_IPTUN_LINK = 1;
  public static final int IFLA_IPTUN_LOCAL = 2;
  public static final int IFLA_IPTUN_REMOTE = 3;
  public static final int VETH_INFO_PEER = 1;

  private LinkData() {}

  /** VXLAN without learning: the FDB is ours alone. */
  public static Attributes vxlan(int vni, int udpPort) {
    return Attributes.NONE
        .withU32(IFLA_VXLAN_ID, vni)
        .withU8(IFLA_VXLAN_LEARNING, 0)
        .withBe16(IFLA_VXLAN_PORT, udpPort);
  }

  /** VXLAN that sends from this address over this device. */
  public static Attributes vxlan(int vni, int udpPort, InetAddress local, int lowerIndex) {
    int type = local instanceof Inet6Address ? IFLA_VXLAN_LOCAL6 : IFLA_VXLAN_LOCAL;
    return vxlan(vni, udpPort).withU32(IFLA_VXLAN_LINK, lowerIndex).withIp(type, local);
  }

  /** IP in IP with this outer source address; the destination comes from the route. */
  public static Attributes ipip(InetAddress local) {
    return Attributes.NONE.withIp(IFLA_IPTUN_LOCAL, local);
  }

  /**
   * The other end of a veth; {@link LinkMessage#withNetns} creates it elsewhere. It cannot be up
   * from the start.
   */
  public static Attributes veth(LinkMessage peer) {
    ByteBuffer value =
        ByteBuffer.allocate(16 + peer.attributes().bytes().length).order(ByteOrder.nativeOrder());
    peer.encode(value);
    return Attributes.NONE.with(VETH_INFO_PEER, value.array());
  }
}
