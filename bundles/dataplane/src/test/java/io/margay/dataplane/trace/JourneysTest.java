// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.WatchedPacket;
import io.margay.api.dataplane.WatchedPacket.Fate;
import io.margay.api.net.Ip;
import io.margay.netlink.NftMessage;
import io.margay.netlink.NftTrace;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the messages about packets, as the kernel sends them, are made into. */
class JourneysTest {
  private static final String TABLE = "margay-trace-1-a";
  private static final TraceFlow FLOW = TraceFlow.icmp(Ip.parse("10.0.0.1"), Ip.parse("10.0.0.2"));
  private static final byte[] NETWORK =
      HexFormat.of().parseHex("4500001c000040003f0100000a0000010a000002");
  private static final byte[] TRANSPORT = HexFormat.of().parseHex("0800000012340001");
  private static final byte[] NOTHING = {};
  private static final int RULE = NftTrace.NFT_TRACETYPE_RULE;
  private static final int POLICY = NftTrace.NFT_TRACETYPE_POLICY;
  private static final int CONTINUE = -1;

  private final Journeys journeys = new Journeys(TABLE, message -> "text");

  @Test
  void followsAPacketToItsLink() {
    mark(1);
    pass("prerouting-last", 1, 0);
    pass("forward-first", 1, 3);
    foreign("ip", 7, RULE, NftTrace.NF_ACCEPT, 1);
    pass("forward-last", 1, 3);
    pass("postrouting-first", 1, 3);
    pass("postrouting-last", 1, 3);

    WatchedPacket packet = packets().get(0);
    assertEquals(Fate.SENT, packet.fate());
    assertEquals("sent by link3", packet.detail());
    assertEquals("link2", packet.in().orElseThrow());
    assertEquals("ICMP echo request", packet.content());
    assertEquals(63, packet.ttl());
    assertEquals(
        "[chain FORWARD of table ip filter: rule with handle 7 (text): accept]",
        packet.steps().toString());
  }

  @Test
  void tellsWhereAPacketWasLost() {
    mark(1);
    mark(2);
    pass("prerouting-last", 2, 0);
    mark(3);
    pass("prerouting-last", 3, 0);
    pass("forward-first", 3, 3);

    assertEquals(
        List.of(
            "lost in the hook prerouting, by no rule of nftables",
            "lost after the hook prerouting, by routing",
            "lost in the hook forward, by no rule of nftables"),
        packets().stream().map(WatchedPacket::detail).toList());
  }

  @Test
  void tellsPacketsOfOneNumberApart() {
    mark(1);
    foreign("ip", 0, POLICY, NftTrace.NF_DROP, 1);
    mark(1);
    pass("prerouting-last", 1, 0);
    mark(1);
    pass("input-last", 1, 0);
    ours("prerouting-first", 0, RULE, CONTINUE, 1, 0, NETWORK); // Marked by somebody else.
    pass("postrouting-last", 1, 3);

    assertEquals(
        List.of(Fate.DROPPED, Fate.LOST_IN_ROUTING, Fate.DELIVERED),
        packets().stream().map(WatchedPacket::fate).toList());
  }

  @Test
  void leavesOutTheEndsOfChains() {
    mark(1);
    foreign("ip", 0, RULE, CONTINUE, 1);
    foreign("ip", 0, POLICY, NftTrace.NF_DROP, 1);

    assertEquals("chain FORWARD of table ip filter: policy: drop", packets().get(0).detail());
    assertEquals(1, packets().get(0).steps().size());
  }

  @Test
  void leavesOutPacketsThatOthersTrace() {
    foreign("ip", 3, RULE, NftTrace.NF_ACCEPT, 9);
    pass("prerouting-last", 9, 0);

    assertEquals(List.of(), packets());
  }

  private void mark(int id) {
    ours("prerouting-first", 5, RULE, CONTINUE, id, 0, NETWORK);
    ours("prerouting-first", 0, RULE, CONTINUE, id, 0, NOTHING);
    ours("prerouting-first", 0, POLICY, NftTrace.NF_ACCEPT, id, 0, NOTHING);
  }

  private void pass(String chain, int id, int out) {
    ours(chain, 0, RULE, CONTINUE, id, out, NETWORK);
    ours(chain, 0, POLICY, NftTrace.NF_ACCEPT, id, 0, NOTHING);
  }

  private void ours(
      String chain, long handle, int type, int verdict, int id, int out, byte[] network) {
    int family = NftMessage.NFPROTO_INET;
    int in = network.length > 0 ? 2 : 0;
    journeys.add(
        new NftTrace(
            family, TABLE, chain, handle, type, verdict, "", id, in, out, network, TRANSPORT));
  }

  private void foreign(String family, long handle, int type, int verdict, int id) {
    int number = family.equals("ip") ? NftMessage.NFPROTO_IPV4 : NftMessage.NFPROTO_INET;
    journeys.add(
        new NftTrace(
            number, "filter", "FORWARD", handle, type, verdict, "", id, 2, 3, NETWORK, TRANSPORT));
  }

  private List<WatchedPacket> packets() {
    return journeys.all().stream().map(j -> j.packet(FLOW, i -> "link" + i)).toList();
  }
}
