// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MessageTest {
  private static final Lladdr MAC = Lladdr.parse("02:00:00:00:00:01");

  static List<Message> messages() {
    return List.of(
        LinkMessage.of("cali0", "veth", LinkData.veth(LinkMessage.named("eth0").withNetns(7)))
            .withMtu(1450)
            .withAddress(MAC)
            .withAlias("workload/ü")
            .withUp(true),
        LinkMessage.of("vx", "vxlan", LinkData.vxlan(4096, 4789, ip("fd00::1"), 3)).withMaster(9),
        LinkMessage.of("tunl0", "ipip", LinkData.ipip(ip("10.0.0.1"))).withLower(2).withIndex(5),
        AddressMessage.of(3, ip("10.1.0.1"), 24),
        AddressMessage.of(3, ip("fd00::1"), 128)
            .withFlags(AddressMessage.IFA_F_NODAD | AddressMessage.IFA_F_NOPREFIXROUTE)
            .withScope(RouteMessage.RT_SCOPE_LINK),
        NeighbourMessage.permanent(3, ip("fd00::9"), MAC),
        NeighbourMessage.proxy(3, ip("10.9.9.9")),
        NeighbourMessage.fdb(3, MAC, ip("192.0.2.7")),
        RouteMessage.to(ip("0.0.0.0"), 0).withGateway(ip("169.254.1.1")).withDevice(3),
        RouteMessage.to(ip("10.2.0.0"), 26)
            .withGateway(ip("fe80::1"))
            .withDevice(3)
            .withProtocol(80)
            .withOnlink()
            .withMetric(512)
            .withMtu(1430)
            .withTable(70_000)
            .withPreferredSource(ip("10.1.0.1")),
        RouteMessage.to(ip("fd01::"), 64)
            .withNextHops(
                List.of(
                    NextHop.via(ip("fd00::2"), 3),
                    NextHop.via(ip("fd00::3"), 4).withWeight(256).withOnlink())),
        RouteMessage.to(ip("fd02::"), 64)
            .withType(RouteMessage.RTN_BLACKHOLE)
            .withEncap(7, Attributes.NONE.withU32(1, 42)),
        RuleMessage.lookup(true, 99, 1234)
            .withMark(0x10, 0xf0)
            .withFrom(ip("fd00::"), 8)
            .withTo(ip("fd01::"), 16)
            .withInvert()
            .withProtocol(80),
        new NetconfMessage(2, Attributes.NONE.withU32(NetconfMessage.NETCONFA_IFINDEX, -1)));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void survivesEncodingAndDecoding(Message message) throws Exception {
    assertEquals(Optional.of(message), Message.decode(message.newType(), encoded(message)));
  }

  @Test
  void tellsWhatWasPutIn() {
    RouteMessage route = (RouteMessage) messages().get(9);
    assertEquals(ip("10.2.0.0"), route.destination());
    assertEquals(Optional.of(ip("fe80::1")), route.gateway());
    assertEquals(OptionalInt.of(1430), route.mtuBytes());
    assertEquals(70_000, route.table());
    assertEquals(254, route.withTable(254).table());
    assertEquals(Optional.of(ip("10.0.0.9")), route.withGateway(ip("10.0.0.9")).gateway());
    RouteMessage multipath = (RouteMessage) messages().get(10);
    assertEquals(256, multipath.nextHops().get(1).weight());
    LinkMessage link = (LinkMessage) messages().get(0);
    assertEquals(Optional.of("workload/ü"), link.alias());
    assertEquals(Optional.of("veth"), link.kind());
    assertEquals(0x301, ((AddressMessage) messages().get(4)).withFlags(0x301).flags());
  }

  @Test
  void describesItselfInTheSyntaxOfIp() {
    assertEquals(
        List.of(
            "link add cali0 mtu 1450 up type veth",
            "link add vx type vxlan",
            "link add tunl0 type ipip",
            "addr add 10.1.0.1/24 dev d3",
            "addr add fd00:0:0:0:0:0:0:1/128 dev d3",
            "neigh add fd00:0:0:0:0:0:0:9 lladdr 02:00:00:00:00:01 dev d3",
            "neigh add proxy 10.9.9.9 dev d3",
            "fdb add 02:00:00:00:00:01 dev d3 dst 192.0.2.7 self",
            "route add default via 169.254.1.1 dev d3",
            "route add 10.2.0.0/26 via fe80:0:0:0:0:0:0:1 dev d3 table 70000 metric 512 onlink",
            "route add fd01:0:0:0:0:0:0:0/64 nexthop via fd00:0:0:0:0:0:0:2 dev d3"
                + " nexthop via fd00:0:0:0:0:0:0:3 dev d4",
            "route add blackhole fd02:0:0:0:0:0:0:0/64",
            "rule add pref 99 not from fd00:0:0:0:0:0:0:0/8 to fd01:0:0:0:0:0:0:0/16"
                + " fwmark 0x10 lookup 1234",
            "netconf add dev all"),
        messages().stream().map(m -> Request.add(m).describe(i -> "d" + i)).toList());
  }

  @Test
  void keepsAttributesItDoesNotKnow() throws Exception {
    LinkMessage link = LinkMessage.named("x").withAttributes(Attributes.NONE.withU32(61, 7));
    LinkMessage read =
        (LinkMessage) Message.decode(Message.RTM_NEWLINK, encoded(link)).orElseThrow();
    assertEquals(OptionalInt.of(7), read.attributes().u32(61));
  }

  @Test
  void replacesAndRemovesAttributes() {
    Attributes a = Attributes.NONE.withU8(1, 200).withString(2, "abc").withU16(3, 65535);
    Attributes b = a.withString(2, "a longer one").without(1).withBe16(4, 4789).withFlag(5);
    assertEquals(OptionalInt.empty(), b.u8(1));
    assertEquals(OptionalInt.of(200), a.u8(1));
    assertEquals(Optional.of("a longer one"), b.string(2));
    assertEquals(OptionalInt.of(65535), b.u16(3));
    assertEquals(OptionalInt.of(4789), b.be16(4));
    assertEquals(true, b.has(5));
    assertEquals(OptionalInt.empty(), b.u32(5));
    assertEquals(
        a,
        b.without(4)
            .without(5)
            .without(3)
            .without(2)
            .withU8(1, 200)
            .withString(2, "abc")
            .withU16(3, 65535));
  }

  @Test
  void refusesWhatIsCutShort() {
    for (Message message : messages()) {
      ByteBuffer whole = encoded(message);
      for (int length = 0; length < whole.limit(); length++) {
        ByteBuffer part = whole.slice(0, length).order(ByteOrder.nativeOrder());
        assertDecodesOrFailsCleanly(message.newType(), part);
      }
    }
    assertThrows(
        NetlinkException.class,
        () -> Message.decode(Message.RTM_NEWROUTE, ByteBuffer.allocate(11)));
  }

  @Test
  void anyBytesDecodeOrFailCleanly() {
    Random random = new Random(20_260_101);
    List<Message> messages = messages();
    for (int i = 0; i < 20_000; i++) {
      Message message = messages.get(random.nextInt(messages.size()));
      byte[] bytes;
      if (random.nextInt(4) == 0) {
        bytes = new byte[random.nextInt(64)];
        random.nextBytes(bytes);
      } else {
        bytes = encoded(message).array();
        for (int n = random.nextInt(4); n >= 0; n--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
      ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
      assertDecodesOrFailsCleanly(message.newType(), in);
    }
  }

  private static void assertDecodesOrFailsCleanly(int type, ByteBuffer in) {
    try {
      Message message = Message.decode(type, in).orElseThrow();
      message.describe(i -> "d" + i);
      message.toString();
      assertEquals(message, Message.decode(type, encoded(message)).orElseThrow());
      if (message instanceof LinkMessage link) {
        link.kind();
        link.data();
        link.alias();
      }
      if (message instanceof RouteMessage route) {
        route.mtuBytes();
        route.encap();
        route.nextHops().forEach(NextHop::gateway);
      }
    } catch (NetlinkException e) {
      assertEquals("EBADMSG", e.errno());
    }
  }

  private static ByteBuffer encoded(Message message) {
    ByteBuffer out = ByteBuffer.allocate(4096).order(ByteOrder.nativeOrder());
    message.encode(out);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
