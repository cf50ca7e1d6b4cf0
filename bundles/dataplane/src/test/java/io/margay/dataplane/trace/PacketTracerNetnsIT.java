// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.PacketWatch;
import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceFlow.Protocol;
import io.margay.api.dataplane.TracePacket;
import io.margay.api.dataplane.TraceReply;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.api.dataplane.TraceStep;
import io.margay.api.dataplane.WatchReport;
import io.margay.api.dataplane.WatchedPacket;
import io.margay.api.dataplane.WatchedPacket.Fate;
import io.margay.api.net.Ip;
import io.margay.netlink.Attributes;
import io.margay.netlink.NftMessage;
import io.margay.netlink.NftSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real packets from a pod over a node and a router, and what the node's kernel tells of them. */
class PacketTracerNetnsIT {
  private static final String POD = "10.9.0.2";
  private static final String FAR = "10.9.2.2";
  private static final int PORT = 8080;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** For what is not answered. */
  private static final Duration SHORT = Duration.ofMillis(100);

  private static TraceLab lab;
  private static ServerSocket server;
  private static KernelPacketTracer tracer;

  @BeforeAll
  static void start() throws Exception {
    lab = TraceLab.create();
    server =
        lab.namespace("far")
            .call(
                () -> {
                  ServerSocket socket = new ServerSocket();
                  socket.bind(new InetSocketAddress(PORT));
                  return socket;
                });
    tracer = new KernelPacketTracer(lab.threads("node"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (lab != null) {
      tracer.close();
      server.close();
      lab.close();
    }
  }

  @AfterEach
  void leavesNothingBehind() {
    if (lab != null) {
      lab.in("node", "nft add table inet harm"); // Not all tests make one.
      lab.in("node", "nft delete table inet harm");
      assertEquals("", lab.in("node", "nft list tables"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ICMP, 10.9.0.2, 10.9.2.2, 0, ECHO_REPLY",
    "ICMP, fd09::2, fd09:0:0:2::2, 0, ECHO_REPLY",
    "TCP, 10.9.0.2, 10.9.2.2, 8080, SYN_ACK",
    "TCP, fd09::2, fd09:0:0:2::2, 8080, SYN_ACK",
    "TCP, 10.9.0.2, 10.9.2.2, 81, RESET",
    "TCP, fd09::2, fd09:0:0:2::2, 81, RESET",
    "UDP, 10.9.0.2, 10.9.2.2, 9000, UNREACHABLE",
    "UDP, fd09::2, fd09:0:0:2::2, 9000, UNREACHABLE"
  })
  void saysWhatTheOtherEndAnswers(Protocol protocol, String from, String to, int port, Kind kind)
      throws Exception {
    TraceFlow flow = new TraceFlow(Ip.parse(from), Ip.parse(to), protocol, port);

    TraceReply reply = send(TracePacket.of(flow).fromPod("cali1").withSizeBytes(200));

    assertEquals(kind, reply.kind(), reply.detail());
    assertTrue(reply.isReached(Ip.parse(to)), "" + reply);
    assertTrue(reply.elapsed().toNanos() > 0);
  }

  @ParameterizedTest
  @CsvSource({
    "10.9.0.2, 10.9.2.2, 1, 10.9.0.1",
    "10.9.0.2, 10.9.2.2, 2, 10.9.1.2",
    "fd09::2, fd09:0:0:2::2, 1, fd09::1",
    "fd09::2, fd09:0:0:2::2, 2, fd09:0:0:1::2"
  })
  void namesTheRouterWhereTheHopLimitIsUsedUp(String from, String to, int hops, String router)
      throws Exception {
    for (TraceFlow flow :
        List.of(
            TraceFlow.icmp(Ip.parse(from), Ip.parse(to)),
            TraceFlow.tcp(Ip.parse(from), Ip.parse(to), PORT),
            TraceFlow.udp(Ip.parse(from), Ip.parse(to), 9000))) {
      TraceReply reply = send(TracePacket.of(flow).fromPod("cali1").withHopLimit(hops));

      assertEquals(Kind.TTL_EXCEEDED, reply.kind(), flow + ": " + reply);
      assertEquals(Optional.of(Ip.parse(router)), reply.from());
    }
  }

  @ParameterizedTest
  @CsvSource({"10.9.0.2, 10.9.2.2, 10.9.1.2", "fd09::2, fd09:0:0:2::2, fd09:0:0:1::2"})
  void namesTheRouterWhoseLinkIsTooNarrow(String from, String to, String router) throws Exception {
    lab.in("router", "ip link set downlink mtu 1400");
    try {
      TraceReply reply = send(pod(from, to).withSizeBytes(1500));

      assertEquals(Kind.FRAGMENTATION_NEEDED, reply.kind(), "" + reply);
      assertEquals(OptionalInt.of(1400), reply.mtuBytes());
      assertEquals(Optional.of(Ip.parse(router)), reply.from());
      assertTrue(refusal(pod(from, to).withSizeBytes(1501)).endsWith("EMSGSIZE"));
    } finally {
      lab.in("router", "ip link set downlink mtu 1500");
    }
  }

  @Test
  void saysWhyNothingWasSent() throws Exception {
    TracePacket outside =
        TracePacket.of(TraceFlow.icmp(Ip.parse("10.9.1.1"), Ip.parse("192.0.2.9")));
    TracePacket foreign = TracePacket.of(TraceFlow.icmp(Ip.parse("10.9.1.9"), Ip.parse(FAR)));
    lab.in("pod", "nft add table inet harm");
    lab.in(
        "pod", "nft add chain inet harm out { type filter hook output priority 0; policy drop; }");

    assertEquals("send to 192.0.2.9: ENETUNREACH", refusal(outside));
    assertEquals("send from 10.9.1.9: EADDRNOTAVAIL", refusal(foreign));
    assertEquals("send to 10.9.2.2: EPERM", refusal(pod(POD, FAR)));
    assertEquals("link cali9: ENODEV", refusal(TracePacket.of(flow()).fromPod("cali9")));
    lab.in("pod", "nft delete table inet harm");

    TraceReply reply =
        send(TracePacket.of(TraceFlow.icmp(Ip.parse(POD), Ip.parse("192.0.2.9"))).fromPod("cali1"));
    assertEquals(Kind.UNREACHABLE, reply.kind(), "" + reply);
    assertEquals("network unreachable", reply.detail());
    assertEquals(Optional.of(Ip.parse("10.9.0.1")), reply.from());
  }

  @Test
  void findsAPodOfWhichOnlyAProcessHoldsTheNamespace() throws Exception {
    Process sleeper = new ProcessBuilder("unshare", "-n", "sleep", "600").start();
    try {
      Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
      Path its = Path.of("/proc/" + sleeper.pid() + "/ns/net");
      while (Files.readSymbolicLink(its).equals(own)) {
        assertTrue(sleeper.isAlive());
        Thread.onSpinWait();
      }
      lab.in("node", "ip link add cali2 type veth peer name eth0");
      lab.in("node", "ip link set eth0 netns " + sleeper.pid());
      TraceFlow flow = TraceFlow.icmp(Ip.parse("127.0.0.1"), Ip.parse("127.0.0.1"));

      // Its loopback is down: it is reached all the same, and refuses.
      assertEquals(
          "send to 127.0.0.1: ENETUNREACH", refusal(TracePacket.of(flow).fromPod("cali2")));
    } finally {
      sleeper.destroyForcibly().waitFor();
    }
  }

  @ParameterizedTest
  @CsvSource({"10.9.0.2, 10.9.2.2", "fd09::2, fd09:0:0:2::2"})
  void followsPacketsThereAndBack(String from, String to) throws Exception {
    WatchReport report = watch(pod(from, to), Kind.ECHO_REPLY);

    assertEquals(Optional.empty(), report.obstacle());
    assertEquals(2, report.packets().size(), "" + report);
    WatchedPacket there = report.packets().get(0);
    assertEquals(Ip.parse(from), there.from());
    assertEquals(Ip.parse(to), there.to());
    assertEquals("ICMP echo request", there.content());
    assertEquals(64, there.ttl());
    assertEquals(Ip.parse(from).getAddress().length == 4 ? 28 : 48, there.sizeBytes());
    assertFalse(there.isError());
    assertFalse(there.isAnswer());
    assertEquals(Optional.of("cali1"), there.in());
    assertEquals(Optional.of("uplink"), there.out());
    assertEquals(Fate.SENT, there.fate());
    assertEquals("sent by uplink", there.detail());
    WatchedPacket back = report.packets().get(1);
    assertTrue(back.isAnswer());
    assertEquals("ICMP echo reply", back.content());
    assertEquals(Optional.of("cali1"), back.out());
    assertEquals(Fate.SENT, back.fate());
  }

  @Test
  void followsAConnectionThroughAddressTranslation() throws Exception {
    lab.in("node", "nft add table inet harm");
    lab.in("node", "nft add chain inet harm post { type nat hook postrouting priority 100; }");
    lab.in("node", "nft add rule inet harm post oifname uplink masquerade");
    TraceFlow flow = TraceFlow.tcp(Ip.parse(POD), Ip.parse(FAR), PORT);

    WatchReport report = watch(TracePacket.of(flow).fromPod("cali1"), Kind.SYN_ACK);

    WatchedPacket syn = report.packets().get(0);
    assertTrue(syn.content().startsWith("TCP SYN from port "), syn.content());
    assertEquals("chain post of table inet harm", syn.steps().get(0).toString().split(": ")[0]);
    WatchedPacket answer =
        report.packets().stream().filter(WatchedPacket::isAnswer).findFirst().orElseThrow();
    assertTrue(answer.content().startsWith("TCP SYN,ACK from port 8080"), answer.content());
    assertEquals(Fate.SENT, answer.fate());
  }

  @ParameterizedTest
  @CsvSource({"10.9.0.2, 10.9.2.2", "fd09::2, fd09:0:0:2::2"})
  void seesWhatRoutersSay(String from, String to) throws Exception {
    WatchReport report = watch(pod(from, to).withHopLimit(2), Kind.TTL_EXCEEDED);

    WatchedPacket error = report.packets().get(1);
    assertTrue(error.isError() && error.isAnswer(), "" + report);
    assertTrue(error.content().endsWith("exceeded"), error.content());
    assertEquals(Fate.SENT, error.fate());
  }

  @Test
  void namesTheRuleThatDrops() throws Exception {
    lab.in("node", "nft add table inet harm");
    lab.in("node", "nft add chain inet harm deep");
    lab.in(
        "node",
        "nft add chain inet harm passing { type filter hook forward priority 0; policy accept; }");
    lab.in("node", "nft add rule inet harm passing iifname cali* jump deep");
    lab.in(
        "node",
        "nft add rule inet harm deep ip daddr 10.9.2.0/24 meta l4proto icmp counter drop comment"
            + " no_way");

    WatchReport report = watch(pod(POD, FAR).withTimeout(SHORT), Kind.NOTHING);

    WatchedPacket packet = report.packets().get(0);
    assertEquals(Fate.DROPPED, packet.fate(), "" + report);
    TraceStep last = packet.steps().get(packet.steps().size() - 1);
    assertEquals("inet harm", last.table());
    assertEquals("deep", last.chain());
    assertEquals("drop", last.verdict());
    assertEquals(
        "ip daddr 10.9.2.0/24 meta l4proto icmp counter drop comment \"no_way\"", last.rule());
    assertTrue(
        lab.in("node", "nft -a list chain inet harm deep").contains("# handle " + last.handle()));
    assertTrue(packet.detail().startsWith("chain deep of table inet harm: rule with handle"));
    assertEquals("jump deep", packet.steps().get(0).verdict());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip saddr 10.0.0.0/9 ip daddr 10.1.2.3 tcp dport 80 accept",
        "ip6 daddr 2001:db8:0:0:0:0:0:1 udp sport 53 drop",
        "iifname \"cali*\" oifname != \"eth0\" counter jump deep",
        "ct state established,related accept",
        "ip saddr @known drop",
        "ip saddr not in @known ip protocol 47 reject",
        "meta mark 0x01020304 drop"
      })
  void spellsRulesAsNftDoes(String rule) throws Exception {
    lab.in("node", "nft add table inet harm");
    lab.in("node", "nft add chain inet harm deep");
    lab.in("node", "nft add set inet harm known { type ipv4_addr; }");
    lab.in("node", "nft add chain inet harm passing");
    lab.in("node", "nft add rule inet harm passing " + rule.replace("not in", "!="));
    String listed = lab.in("node", "nft -a list chain inet harm passing");
    Matcher handle = Pattern.compile(".*;? # handle (\\d+)\n\t}", Pattern.DOTALL).matcher(listed);
    assertTrue(handle.find(), listed);
    int family = NftMessage.NFPROTO_INET;

    try (NftSocket socket = lab.namespace("node").call(NftSocket::open)) {
      Attributes found =
          socket.rule(family, "harm", "passing", Long.parseLong(handle.group(1))).orElseThrow();
      assertEquals(rule, RuleText.of(found), listed);
    }
  }

  @Test
  void readsCommentsOfIptables() throws Exception {
    lab.in("node", "iptables-nft -A FORWARD -d 10.9.2.2 -j REJECT -m comment --comment nope");
    try {
      WatchReport report = watch(pod(POD, FAR), Kind.UNREACHABLE);

      assertEquals(
          "chain FORWARD of table ip filter: rule with handle 4"
              + " (ip daddr 10.9.2.2 comment \"nope\" counter REJECT): drop",
          report.packets().get(0).detail().replaceFirst("handle \\d+", "handle 4"));
    } finally {
      lab.in("node", "nft delete table ip filter");
    }
  }

  @ParameterizedTest
  @CsvSource({"10.9.0.2, 10.9.2.2", "fd09::2, fd09:0:0:2::2"})
  void namesThePolicyThatDrops(String from, String to) throws Exception {
    lab.in("node", "nft add table inet harm");
    lab.in(
        "node",
        "nft add chain inet harm FORWARD { type filter hook forward priority 0; policy drop; }");

    WatchReport report = watch(pod(from, to).withTimeout(SHORT), Kind.NOTHING);

    WatchedPacket packet = report.packets().get(0);
    assertEquals(Fate.DROPPED, packet.fate(), "" + report);
    assertEquals("chain FORWARD of table inet harm: policy: drop", packet.detail());
  }

  @ParameterizedTest
  @CsvSource({"iptables, 10.9.0.2, 10.9.2.2", "ip6tables, fd09::2, fd09:0:0:2::2"})
  void namesWhatDropsInLegacyIptables(String tool, String from, String to) throws Exception {
    String legacy = tool + "-legacy";
    lab.in("node", legacy + " -N HARM");
    lab.in("node", legacy + " -A HARM -d " + from + " -j ACCEPT");
    lab.in("node", legacy + " -A HARM -d " + to + " -j DROP");
    lab.in("node", legacy + " -A FORWARD -j HARM");
    try {
      WatchReport report = watch(pod(from, to).withTimeout(SHORT), Kind.NOTHING);

      assertEquals(Fate.LOST_IN_HOOK, report.packets().get(0).fate(), "" + report);
      assertEquals(
          List.of("table filter of " + tool + " (legacy), chain HARM: rule 2 (DROP): 1 packet"),
          report.legacyDrops());

      lab.in("node", legacy + " -F HARM");
      lab.in("node", legacy + " -P FORWARD DROP");
      report = watch(pod(from, to).withTimeout(SHORT), Kind.NOTHING);

      assertEquals(
          List.of("table filter of " + tool + " (legacy), chain FORWARD: policy DROP: 1 packet"),
          report.legacyDrops());
    } finally {
      lab.in("node", legacy + " -P FORWARD ACCEPT");
      lab.in("node", legacy + " -F");
      lab.in("node", legacy + " -X");
    }
  }

  @Test
  void countsWhatTheReversePathFilterDrops() throws Exception {
    lab.in("pod", "ip addr add 10.77.0.1/32 dev lo");
    lab.in("node", "sysctl -qw net.ipv4.conf.cali1.rp_filter=1");
    try {
      WatchReport report = watch(pod("10.77.0.1", FAR).withTimeout(SHORT), Kind.NOTHING);

      assertEquals(1, report.losses().get(WatchReport.REVERSE_PATH_FILTER), "" + report);
      assertTrue(report.counters().containsKey("cali1.rxPackets"));
      assertFalse(report.losses().containsKey("cali1.rxPackets"));
      assertEquals(Fate.LOST_IN_ROUTING, report.packets().get(0).fate());
      assertEquals("lost after the hook prerouting, by routing", report.packets().get(0).detail());
    } finally {
      lab.in("node", "sysctl -qw net.ipv4.conf.cali1.rp_filter=0");
      lab.in("pod", "ip addr del 10.77.0.1/32 dev lo");
    }
  }

  @Test
  void seesWhatTheNodeItselfSendsAndGets() throws Exception {
    WatchReport report =
        watch(TracePacket.of(TraceFlow.icmp(Ip.parse("10.9.1.1"), Ip.parse(FAR))), Kind.ECHO_REPLY);

    assertEquals(Optional.empty(), report.packets().get(0).in());
    assertEquals(Fate.SENT, report.packets().get(0).fate());
    assertEquals(Fate.DELIVERED, report.packets().get(1).fate());
  }

  @Test
  void isBounded() throws Exception {
    List<PacketWatch> watches = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      watches.add(tracer.watch(flow(), PATIENCE));
    }
    DataplaneException refusal =
        assertThrows(DataplaneException.class, () -> tracer.watch(flow(), PATIENCE));
    assertEquals("EBUSY", refusal.errno());
    lab.in("pod", "ping -qfc 100 " + FAR);

    for (PacketWatch watch : watches) {
      int seen = report(watch).packets().size();
      assertTrue(seen > 0 && seen <= 4 * 2 * TraceTable.MOST_PACKETS, "" + seen);
    }
    assertEquals(0, report(tracer.watch(flow(), Duration.ZERO)).packets().size());
  }

  @Test
  void leavesNoTableWhenTheProcessIsKilled() throws Exception {
    TraceTable table = lab.namespace("node").call(() -> TraceTable.open(flow()));
    assertTrue(lab.in("node", "nft list tables").contains(table.name()));

    table.socket().close(); // As the kernel does for a process that ends.

    assertEquals("", lab.in("node", "nft list tables"));
    lab.in("node", "nft add table inet margay-trace-1-a"); // Of a kernel without owners.

    new KernelPacketTracer(lab.threads("node")).close();

    assertEquals("", lab.in("node", "nft list tables"));
  }

  private static TraceFlow flow() {
    return TraceFlow.icmp(Ip.parse(POD), Ip.parse(FAR));
  }

  private static TracePacket pod(String from, String to) {
    return TracePacket.of(TraceFlow.icmp(Ip.parse(from), Ip.parse(to)))
        .fromPod("cali1")
        .withTimeout(PATIENCE);
  }

  private static TraceReply send(TracePacket packet) throws Exception {
    return tracer.send(packet).toCompletableFuture().get(40, TimeUnit.SECONDS);
  }

  private static String refusal(TracePacket packet) throws Exception {
    TraceReply reply = send(packet);
    assertEquals(Kind.REFUSED, reply.kind(), "" + reply);
    return reply.detail();
  }

  /** Sends while the node is watched. */
  private static WatchReport watch(TracePacket packet, Kind expected) throws Exception {
    PacketWatch watch = tracer.watch(packet.flow(), PATIENCE);
    TraceReply reply = send(packet);
    assertEquals(expected, reply.kind(), "" + reply);
    return report(watch);
  }

  private static WatchReport report(PacketWatch watch) throws Exception {
    return watch.stop().toCompletableFuture().get(40, TimeUnit.SECONDS);
  }
}
