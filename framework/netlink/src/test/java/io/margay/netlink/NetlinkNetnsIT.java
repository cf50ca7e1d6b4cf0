// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What we write, Debian's {@code ip} and {@code bridge} read; and what they write, we read. */
class NetlinkNetnsIT {
  private static final int IFLA_VXLAN_COLLECT_METADATA = 25;
  private static final int LWTUNNEL_ENCAP_IP = 2;
  private static final int LWTUNNEL_IP_DST = 2;

  private TestNetns ns;
  private NetlinkSocket socket;

  @BeforeEach
  void open() throws Exception {
    ns = TestNetns.create();
    socket = ns.socket();
  }

  @AfterEach
  void close() throws Exception {
    if (socket != null) {
      socket.close();
    }
    if (ns != null) {
      ns.close();
    }
  }

  @Test
  void createsLinksOfEveryKind() throws Exception {
    int lo = socket.link("lo").orElseThrow().index();
    assertEquals(1, lo);
    Lladdr mac = Lladdr.parse("02:00:00:00:00:07");
    socket.execute(
        Request.add(
            LinkMessage.of("v0", "veth", LinkData.veth(LinkMessage.named("v1").withMtu(1400)))
                .withAddress(mac)
                .withMtu(1440)));
    int v0 = socket.link("v0").orElseThrow().index();
    socket.execute(Request.change(LinkMessage.at(v0).withUp(true).withAlias("workload/x")));
    socket.execute(
        Request.add(
            LinkMessage.of("vx.0", "vxlan", LinkData.vxlan(4096, 4789, ip("10.0.0.1"), v0))));
    socket.execute(Request.add(LinkMessage.of("br0", "bridge", Attributes.NONE)));
    socket.execute(Request.add(LinkMessage.of("if9", "ifb", Attributes.NONE).withIndex(77)));
    socket.execute(
        Request.change(
            LinkMessage.named("v1").withMaster(socket.link("br0").orElseThrow().index())));

    String v0Text = ns.exec("ip -d link show v0");
    assertTrue(v0Text.contains("mtu 1440"), v0Text);
    assertTrue(v0Text.contains("link/ether 02:00:00:00:00:07"), v0Text);
    assertTrue(v0Text.contains("alias workload/x"), v0Text);
    assertTrue(v0Text.contains(",UP"), v0Text);
    String v1Text = ns.exec("ip -d link show v1");
    assertTrue(v1Text.contains("mtu 1400") && v1Text.contains("master br0"), v1Text);
    String vxText = ns.exec("ip -d link show vx.0");
    assertTrue(vxText.contains("vxlan id 4096 local 10.0.0.1 dev v0"), vxText);
    assertTrue(vxText.contains("dstport 4789 nolearning"), vxText);
    assertTrue(ns.exec("ip -d link show if9").startsWith("77: if9"));

    LinkMessage read = socket.link("v0").orElseThrow();
    assertEquals(Optional.of("veth"), read.kind());
    assertEquals(Optional.of("workload/x"), read.alias());
    assertEquals(Optional.of(mac), read.address());
    assertEquals(1440, read.mtuBytes().getAsInt());
    assertTrue(read.isUp());
    LinkMessage vx = socket.link("vx.0").orElseThrow();
    assertEquals(4096, vx.data().u32(LinkData.IFLA_VXLAN_ID).getAsInt());
    assertEquals(4789, vx.data().be16(LinkData.IFLA_VXLAN_PORT).getAsInt());
    assertEquals(
        List.of("lo", "v0", "v1", "vx.0", "br0", "if9"),
        socket.links().stream()
            .map(LinkMessage::name)
            .filter(n -> !n.matches("ifb[01]|tunl0|dummy0"))
            .sorted(
                java.util.Comparator.comparing(
                    List.of("lo", "v0", "v1", "vx.0", "br0", "if9")::indexOf))
            .toList());

    socket.execute(Request.delete(LinkMessage.at(v0)));
    assertEquals(Optional.empty(), socket.link("v0"));
  }

  @Test
  void writesAndReadsAddresses() throws Exception {
    int dev = veth();
    socket.execute(Request.add(AddressMessage.of(dev, ip("10.1.0.1"), 24)));
    socket.execute(
        Request.add(
            AddressMessage.of(dev, ip("fd00::1"), 64).withFlags(AddressMessage.IFA_F_NODAD)));

    assertTrue(ns.exec("ip -4 addr show v0").contains("inet 10.1.0.1/24 scope global v0"));
    assertTrue(ns.exec("ip -6 addr show v0").contains("inet6 fd00::1/64 scope global nodad"));
    AddressMessage read =
        socket.addresses(Message.AF_INET6).stream()
            .filter(a -> a.address().equals(ip("fd00::1")))
            .findFirst()
            .orElseThrow();
    assertEquals(64, read.prefixLength());
    assertEquals(dev, read.index());
    assertTrue((read.flags() & AddressMessage.IFA_F_NODAD) != 0);
    socket.execute(Request.delete(AddressMessage.of(dev, ip("10.1.0.1"), 24)));
    assertEquals(List.of(), socket.addresses(Message.AF_INET));
  }

  @Test
  void writesAndReadsNeighboursAndForwardingEntries() throws Exception {
    int dev = veth();
    Lladdr mac = Lladdr.parse("ee:ee:ee:ee:ee:ee");
    socket.execute(
        Request.add(LinkMessage.of("vx0", "vxlan", LinkData.vxlan(42, 4789)).withUp(true)));
    int vx = socket.link("vx0").orElseThrow().index();
    socket.execute(Request.replace(NeighbourMessage.permanent(dev, ip("169.254.1.1"), mac)));
    socket.execute(Request.replace(NeighbourMessage.permanent(dev, ip("fd00::2"), mac)));
    socket.execute(Request.replace(NeighbourMessage.proxy(dev, ip("10.9.9.9"))));
    socket.execute(Request.append(NeighbourMessage.fdb(vx, mac, ip("192.0.2.7"))));

    assertEquals(
        "169.254.1.1 lladdr ee:ee:ee:ee:ee:ee PERMANENT", ns.exec("ip -4 neigh show dev v0"));
    assertEquals("fd00::2 lladdr ee:ee:ee:ee:ee:ee PERMANENT", ns.exec("ip -6 neigh show dev v0"));
    assertEquals("10.9.9.9 proxy", ns.exec("ip neigh show proxy dev v0"));
    assertEquals(
        "ee:ee:ee:ee:ee:ee dst 192.0.2.7 self permanent", ns.exec("bridge fdb show dev vx0"));
    NeighbourMessage read = socket.neighbours(Message.AF_INET).get(0);
    assertEquals(Optional.of(ip("169.254.1.1")), read.destination());
    assertEquals(Optional.of(mac), read.lladdr());
    assertTrue(read.isPermanent());
    assertEquals(
        List.of(Optional.of(ip("10.9.9.9"))),
        socket.proxies(Message.AF_INET).stream().map(NeighbourMessage::destination).toList());
    NeighbourMessage entry = socket.fdb(vx).get(0);
    assertEquals(Optional.of(mac), entry.lladdr());
    assertEquals(Optional.of(ip("192.0.2.7")), entry.destination());
    assertTrue(entry.isFdb() && entry.isPermanent());
    socket.execute(Request.delete(NeighbourMessage.fdb(vx, mac, ip("192.0.2.7"))));
    assertEquals(List.of(), socket.fdb(vx));
  }

  @Test
  void writesAndReadsRoutes() throws Exception {
    int dev = veth();
    socket.execute(Request.add(AddressMessage.of(dev, ip("10.1.0.1"), 24)));
    socket.execute(
        Request.add(
            AddressMessage.of(dev, ip("fd00::1"), 64).withFlags(AddressMessage.IFA_F_NODAD)));
    List<Request> requests =
        List.of(
            Request.add(
                RouteMessage.to(ip("10.2.0.0"), 26)
                    .withGateway(ip("192.0.2.1"))
                    .withDevice(dev)
                    .withProtocol(80)
                    .withOnlink()
                    .withMtu(1430)),
            Request.add(
                RouteMessage.to(ip("10.3.0.0"), 26)
                    .withType(RouteMessage.RTN_BLACKHOLE)
                    .withProtocol(80)),
            Request.add(
                RouteMessage.to(ip("10.4.0.1"), 32)
                    .withDevice(dev)
                    .withScope(RouteMessage.RT_SCOPE_LINK)
                    .withMetric(1024)
                    .withTable(1000)),
            Request.add(
                RouteMessage.to(ip("10.5.0.0"), 24)
                    .withNextHops(
                        List.of(
                            NextHop.via(ip("10.1.0.2"), dev),
                            NextHop.via(ip("10.1.0.3"), dev).withWeight(3)))),
            Request.add(
                RouteMessage.to(ip("10.6.0.0"), 24).withGateway(ip("fe80::1")).withDevice(dev)),
            Request.add(
                RouteMessage.to(ip("fd01::"), 64)
                    .withGateway(ip("fd00::2"))
                    .withDevice(dev)
                    .withPreferredSource(ip("fd00::1"))
                    .withProtocol(80)),
            Request.add(
                RouteMessage.to(ip("fd02::"), 64)
                    .withType(RouteMessage.RTN_UNREACHABLE)
                    .withProtocol(80)));

    assertEquals(List.of(), socket.batch(requests).stream().flatMap(Optional::stream).toList());

    assertEquals(
        """
        10.1.0.0/24 dev v0 proto kernel scope link src 10.1.0.1
        10.2.0.0/26 via 192.0.2.1 dev v0 proto 80 onlink mtu 1430
        blackhole 10.3.0.0/26 proto 80
        10.5.0.0/24
        nexthop via 10.1.0.2 dev v0 weight 1
        nexthop via 10.1.0.3 dev v0 weight 3
        10.6.0.0/24 via inet6 fe80::1 dev v0\
        """
            .strip(),
        ns.exec("ip -4 route"));
    assertEquals("10.4.0.1 dev v0 scope link metric 1024", ns.exec("ip route show table 1000"));
    String v6 = ns.exec("ip -6 route show proto 80");
    assertEquals(
        """
        fd01::/64 via fd00::2 dev v0 src fd00::1 metric 1024 pref medium
        unreachable fd02::/64 dev lo metric 1024 pref medium\
        """,
        v6);

    List<String> ours =
        socket.routes(Message.AF_UNSPEC, 0, 80).stream()
            .map(r -> r.describe(i -> "if" + i))
            .sorted()
            .toList();
    assertEquals(
        List.of(
            "10.2.0.0/26 via 192.0.2.1 dev if" + dev + " onlink",
            "blackhole 10.3.0.0/26",
            "fd01:0:0:0:0:0:0:0/64 via fd00:0:0:0:0:0:0:2 dev if" + dev + " metric 1024",
            "unreachable fd02:0:0:0:0:0:0:0/64 dev if1 metric 1024"),
        ours);
    RouteMessage multipath =
        socket.routes(Message.AF_INET).stream()
            .filter(r -> !r.nextHops().isEmpty())
            .findFirst()
            .orElseThrow();
    assertEquals(3, multipath.nextHops().get(1).weight());
    assertEquals(Optional.of(ip("10.1.0.3")), multipath.nextHops().get(1).gateway());
    RouteMessage other =
        socket.routes(Message.AF_INET).stream()
            .filter(r -> r.destination().equals(ip("10.6.0.0")))
            .findFirst()
            .orElseThrow();
    assertEquals(Optional.of(ip("fe80::1")), other.gateway());
    assertEquals(1, socket.routes(Message.AF_INET, 1000, 0).size());
    assertEquals(List.of(), socket.routes(Message.AF_INET, 4711, 0));
  }

  @Test
  void replacesARouteInOneStep() throws Exception {
    int dev = veth();
    RouteMessage route =
        RouteMessage.to(ip("10.2.0.0"), 26)
            .withDevice(dev)
            .withProtocol(80)
            .withScope(RouteMessage.RT_SCOPE_LINK);
    socket.execute(Request.replace(route));
    socket.execute(Request.replace(route.withMtu(1400)));

    assertEquals("10.2.0.0/26 dev v0 proto 80 scope link mtu 1400", ns.exec("ip route"));
    assertEquals(1400, socket.routes(Message.AF_INET).get(0).mtuBytes().getAsInt());
    socket.execute(Request.delete(route.withScope(RouteMessage.RT_SCOPE_NOWHERE)));
    assertEquals(List.of(), socket.routes(Message.AF_INET));
  }

  @Test
  void writesAndReadsRules() throws Exception {
    RuleMessage rule =
        RuleMessage.lookup(false, 99, 1234)
            .withMark(0x100000, 0x100000)
            .withFrom(ip("10.0.0.0"), 8)
            .withProtocol(80);
    socket.execute(Request.add(rule));

    assertEquals(
        "99:\tfrom 10.0.0.0/8 fwmark 0x100000/0x100000 lookup 1234 proto 80",
        ns.exec("ip rule show pref 99"));
    RuleMessage read =
        socket.rules(Message.AF_INET).stream()
            .filter(r -> r.priority() == 99)
            .findFirst()
            .orElseThrow();
    assertEquals(1234, read.table());
    assertEquals(80, read.protocol().getAsInt());
    assertEquals("pref 99 from 10.0.0.0/8 fwmark 0x100000 lookup 1234", read.describe(i -> ""));
    socket.execute(Request.delete(rule));
    assertEquals("", ns.exec("ip rule show pref 99"));
  }

  @Test
  void tellsOperationObjectAndKernelText() throws Exception {
    int dev = veth();
    NetlinkException refused =
        assertThrows(
            NetlinkException.class,
            () ->
                socket.execute(
                    Request.add(
                        RouteMessage.to(ip("10.1.2.0"), 24)
                            .withGateway(ip("192.0.2.1"))
                            .withDevice(dev))));

    assertEquals(
        "route add 10.1.2.0/24 via 192.0.2.1 dev v0: ENETUNREACH (Nexthop has invalid gateway)",
        refused.getMessage());
    assertEquals("ENETUNREACH", refused.errno());
    assertEquals(Optional.of("Nexthop has invalid gateway"), refused.kernelText());
    NetlinkException missing =
        assertThrows(
            NetlinkException.class, () -> socket.execute(Request.delete(LinkMessage.named("no"))));
    assertEquals("link del no: ENODEV", missing.getMessage());
  }

  @Test
  void refusesOneOfABatchAndDoesTheRest() throws Exception {
    int dev = veth();
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      RouteMessage route = RouteMessage.to(ip("10." + i / 250 + "." + i % 250 + ".0"), 24);
      requests.add(Request.add(i % 300 == 7 ? route.withDevice(9999) : route.withDevice(dev)));
    }

    List<Optional<NetlinkException>> results = socket.batch(requests);

    for (int i = 0; i < 1000; i++) {
      assertEquals(i % 300 == 7, results.get(i).isPresent(), "request " + i);
    }
    assertEquals("ENODEV", results.get(307).orElseThrow().errno());
    assertTrue(results.get(307).get().getMessage().startsWith("route add 10.1.57.0/24 dev if9999"));
    assertEquals(996, socket.routes(Message.AF_INET).size());
  }

  @Test
  void looksUpTheWayToAnAddress() throws Exception {
    int dev = veth();
    socket.execute(Request.add(AddressMessage.of(dev, ip("10.1.0.1"), 24)));
    socket.execute(Request.add(RouteMessage.to(ip("0.0.0.0"), 0).withGateway(ip("10.1.0.254"))));

    RouteMessage route = socket.lookup(ip("198.51.100.1"));

    assertEquals(dev, route.device().getAsInt());
    assertEquals(Optional.of(ip("10.1.0.254")), route.gateway());
    assertEquals(Optional.of(ip("10.1.0.1")), route.preferredSource());
    assertEquals(Optional.empty(), socket.lookup(ip("10.1.0.77")).gateway());
    NetlinkException none =
        assertThrows(NetlinkException.class, () -> socket.lookup(ip("2001:db8::1")));
    assertEquals("ENETUNREACH", none.errno());
  }

  @Test
  void createsThePeerOfAVethInsideAnotherNamespace() throws Exception {
    try (TestNetns pod = TestNetns.create();
        NetlinkSocket inPod = pod.socket()) {
      LinkMessage peer = LinkMessage.named("eth0").withNetns(pod.netns().fd());
      socket.execute(Request.add(LinkMessage.of("cali1", "veth", LinkData.veth(peer))));

      assertTrue(inPod.link("eth0").isPresent());
      assertFalse(socket.link("eth0").isPresent());
    }
  }

  @Test
  void refusesAFileThatIsNoNamespace() throws Exception {
    NetlinkException refused =
        assertThrows(NetlinkException.class, () -> Netns.open(Path.of("/etc/passwd")));
    assertEquals(
        "open network namespace /etc/passwd: EINVAL (not a network namespace)",
        refused.getMessage());
    assertThrows(NetlinkException.class, () -> Netns.open(Path.of("/proc/self/ns/mnt")));
    assertThrows(NetlinkException.class, () -> Netns.open(Path.of("/run/netns/none")));
    try (Netns again = Netns.open(ns.path());
        Netns own = Netns.current()) {
      assertEquals(ns.netns().identity(), again.identity());
      assertFalse(own.identity().equals(again.identity()));
    }
  }

  @Test
  void writesSettingsOfTheNamespaceOnly() throws Exception {
    String before = Sysctl.read("net/ipv4/ip_forward");
    String inside = before.equals("1") ? "0" : "1";
    ns.netns()
        .call(
            () -> {
              Sysctl.write("net/ipv4/ip_forward", inside);
              return null;
            });

    assertEquals(before, Sysctl.read("net/ipv4/ip_forward"));
    assertEquals(inside, ns.exec("sysctl -n net.ipv4.ip_forward"));
  }

  @Test
  void writesARouteWithEncapsulation() throws Exception {
    socket.execute(
        Request.add(
            LinkMessage.of(
                    "vx0", "vxlan", LinkData.vxlan(7, 4789).withU8(IFLA_VXLAN_COLLECT_METADATA, 1))
                .withUp(true)));
    int vx = socket.link("vx0").orElseThrow().index();
    Attributes encap = Attributes.NONE.withIp(LWTUNNEL_IP_DST, ip("192.0.2.1"));
    socket.execute(
        Request.add(
            RouteMessage.to(ip("10.7.0.0"), 24)
                .withDevice(vx)
                .withEncap(LWTUNNEL_ENCAP_IP, encap)));

    String text = ns.exec("ip route");
    assertTrue(text.contains("encap ip id 0 src 0.0.0.0 dst 192.0.2.1"), text);
    RouteMessage read = socket.routes(Message.AF_INET).get(0);
    assertEquals(LWTUNNEL_ENCAP_IP, read.encapType().getAsInt());
    assertEquals(Optional.of(ip("192.0.2.1")), read.encap().ip(LWTUNNEL_IP_DST));
  }

  @Test
  void findsOutWhichKindsOfLinkTheKernelHas() throws Exception {
    KernelFacts facts = KernelFacts.read(List.of("veth", "vxlan", "nosuchkind"));

    assertEquals(ns.exec("uname -r"), facts.release());
    assertTrue(facts.netAdmin());
    assertEquals(Set.of("veth", "vxlan"), facts.linkKinds());
  }

  /** A pair v0, v1, both up. */
  private int veth() throws Exception {
    Attributes data = LinkData.veth(LinkMessage.named("v1"));
    socket.execute(Request.add(LinkMessage.of("v0", "veth", data).withUp(true)));
    socket.execute(Request.change(LinkMessage.named("v1").withUp(true)));
    return socket.link("v0").orElseThrow().index();
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
