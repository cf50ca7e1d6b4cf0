// SPDX-License-Identifier: Apache-2.0
package com.example.srv6;

import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Route.Encap;
import io.margay.api.net.Ip;
import java.net.Inet6Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The kernel's light-weight tunnels for segment routing, as a route has them. */
final class Seg6 {
  // linux/lwtunnel.h LWTUNNEL_ENCAP_*
  private static final int SEG6 = 5;
  private static final int SEG6_LOCAL = 7;

  // linux/seg6_iptunnel.h
  private static final int SEG6_IPTUNNEL_SRH = 1;
  private static final int SEG6_IPTUN_MODE_ENCAP = 1;

  // linux/seg6_local.h
  private static final int SEG6_LOCAL_ACTION = 1;
  private static final int SEG6_LOCAL_TABLE = 3;
  private static final int SEG6_LOCAL_NH4 = 4;
  private static final int SEG6_LOCAL_ACTION_END_DX4 = 6;
  private static final int SEG6_LOCAL_ACTION_END_DT6 = 7;

  // RFC 8754 section 2
  private static final int ROUTING_TYPE = 4;
  private static final int SRH_BYTES = 8;
  private static final int SEGMENT_BYTES = 16;

  /** Outer IPv6 header, and a segment routing header of one segment. */
  static final int OVERHEAD_BYTES = 40 + SRH_BYTES + SEGMENT_BYTES;

  private Seg6() {}

  /** {@code encap seg6 mode encap segs SID}: puts packets into IPv6 towards the segment. */
  static Encap towards(Inet6Address sid) {
    ByteBuffer value = ByteBuffer.allocate(4 + SRH_BYTES + SEGMENT_BYTES);
    value.order(ByteOrder.nativeOrder()).putInt(SEG6_IPTUN_MODE_ENCAP).order(ByteOrder.BIG_ENDIAN);
    byte nextHeader = 0; // The kernel fills it in.
    byte length = SEGMENT_BYTES / 8; // In units of 8 bytes, without the first.
    byte segmentsLeft = 0; // The one segment is the destination.
    byte lastEntry = 0;
    value.put(nextHeader).put(length).put((byte) ROUTING_TYPE).put(segmentsLeft).put(lastEntry);
    value.put((byte) 0).putShort((short) 0); // Flags, tag.
    value.put(sid.getAddress());
    return new Encap(
        SEG6,
        List.of(
            Attribute.of(SEG6_IPTUNNEL_SRH, value.array()).named("segs").withText(Ip.text(sid))));
  }

  /**
   * {@code encap seg6local action End.DX4 nh4 0.0.0.0}: takes an IPv4 packet out and routes it by
   * its own destination. RFC 8986 section 4.5.
   */
  static Encap endpoint4() {
    return new Encap(
        SEG6_LOCAL,
        List.of(
            action(SEG6_LOCAL_ACTION_END_DX4, "End.DX4"),
            Attribute.address(SEG6_LOCAL_NH4, Ip.parse("0.0.0.0")).named("nh4")));
  }

  /**
   * {@code encap seg6local action End.DT6 table main}: takes an IPv6 packet out and routes it by
   * its own destination and the main table alone. RFC 8986 section 4.6. End.DX6 would not do: it
   * drops what is addressed to the node itself (net/ipv6/seg6_local.c seg6_lookup_nexthop).
   */
  static Encap endpoint6() {
    return new Encap(
        SEG6_LOCAL,
        List.of(
            action(SEG6_LOCAL_ACTION_END_DT6, "End.DT6"),
            Attribute.u32(SEG6_LOCAL_TABLE, Route.MAIN_TABLE).named("table")));
  }

  private static Attribute action(int number, String name) {
    return Attribute.u32(SEG6_LOCAL_ACTION, number).named("action").withText(name);
  }
}
