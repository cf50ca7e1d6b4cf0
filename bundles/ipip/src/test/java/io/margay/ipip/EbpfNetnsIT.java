// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static io.margay.ipip.Assembler.Size.BYTE;
import static io.margay.ipip.Register.R0;
import static io.margay.ipip.Register.R1;
import static io.margay.ipip.Register.R2;
import static io.margay.ipip.Register.R3;
import static io.margay.ipip.Register.R4;
import static io.margay.ipip.Register.R5;
import static io.margay.ipip.Register.R6;
import static io.margay.ipip.Register.STACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.Owner;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.Variant;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.netlink.Netns;
import io.margay.testkit.FakeView;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plans of two nodes with the eBPF device in two kernels, with a pod on each. */
class EbpfNetnsIT {
  private static final Owner DAMAGE = Owner.mode("damage");
  private static final int BULK_BYTES = 32 << 20;

  private final IpipMode mode = new IpipMode("ebpf");
  private KernelNode node1;
  private KernelNode node2;

  @BeforeEach
  void twoNodes() throws Exception {
    node1 = KernelNode.create();
    node2 = KernelNode.create();
    node1.connect("eth0", node2);
    node1.uplink("192.0.2.1/24");
    node2.uplink("192.0.2.2/24");
    node1.attachPod("10.65.1.9");
    node2.attachPod("10.65.2.9");
    node1.apply(mode.plan(pair(1)));
    node2.apply(mode.plan(pair(2)));
  }

  @AfterEach
  void close() throws Exception {
    for (KernelNode node : Arrays.asList(node1, node2)) {
      if (node != null) {
        node.close();
      }
    }
  }

  @Test
  void podsAndNodesReachEachOther() throws Exception {
    for (String host : List.of("1", "9")) {
      node1.podExec("ping -nq -c1 -W10 10.65.2." + host);
      node2.podExec("ping -nq -c1 -W10 10.65.1." + host);
      node1.exec("ping -nq -c1 -W10 10.65.2." + host);
      node2.exec("ping -nq -c1 -W10 10.65.1." + host);
    }

    assertEquals(
        Map.of("encapsulated", 8L, "decapsulated", 8L, "unknownPeer", 0L, "errors", 0L),
        counters(node1));
  }

  /**
   * Node 3 is behind a second link; and the device has the name that it has beside the kernel's.
   */
  @Test
  void reachesNodesByOtherLinks() throws Exception {
    try (KernelNode node3 = KernelNode.create()) {
      node1.connect("eth1", node3);
      node1.ip("addr add 203.0.113.1/24 dev eth1");
      node1.ip("link set eth1 up");
      node3.uplink("203.0.113.3/24");
      node3.ip("route add 192.0.2.0/24 via 203.0.113.1");
      node3.attachPod("10.65.3.9");
      node3.apply(
          mode.plan(
              view(3, "203.0.113.3")
                  .withPeer(peer(1, "192.0.2.1", "203.0.113.1", "eth0"))
                  .withBlock("10.65.1.0/26", Variant.ALWAYS, "node1")));
      FakeView three =
          pair(1)
              .withPeer(peer(3, "203.0.113.3", "203.0.113.3", "eth1"))
              .withBlock("10.65.3.0/26", Variant.ALWAYS, "node3");

      node1.apply(mode.plan(besideTheKernels(three)));

      node1.podExec("ping -nq -c1 -W10 10.65.2.9");
      node1.podExec("ping -nq -c1 -W10 10.65.3.9");
      assertTrue(node1.ip("route get 10.65.3.9").contains(" dev tunl0.ebpf "));
      assertEquals(2L, counters(node1).get("encapsulated"));
      assertEquals(1L, counters(node3).get("decapsulated"));
    }
  }

  private static FakeView besideTheKernels(FakeView view) {
    Set<String> types = new TreeSet<>(view.kernel().linkTypes());
    types.add("ipip");
    KernelFacts kernel = view.kernel();
    return view.withKernel(new KernelFacts(kernel.release(), types, kernel.features()));
  }

  @Test
  void aFullPacketFitsAndOneByteMoreDoesNot() throws Exception {
    node1.podExec("ping -nq -c1 -W10 -M do -s 1452 10.65.2.9");

    String answer = node1.podTry("ping -n -c1 -W10 -M do -s 1453 10.65.2.9");

    assertTrue(answer.contains("mtu = 1480") || answer.contains("mtu=1480"), answer);
  }

  /** What net/ipv4/ip_tunnel.c writes: TTL and DF as inside, no DSCP, CE becomes ECT(0). */
  @Test
  void writesTheHeaderThatTheKernelsDeviceWrites() throws Exception {
    List<String> expected = new ArrayList<>();
    List<String> seen;
    try (Capture capture = node2.capture(8, "ip proto 4 and src host 192.0.2.1")) {
      for (int tos : List.of(0xb8, 0xb9, 0xba, 0xbb)) {
        for (String df : List.of("do", "dont")) {
          node1.podExec("ping -nq -c1 -W10 -t 33 -Q " + tos + " -M " + df + " 10.65.2.9");
          String flag = df.equals("do") ? "1" : "0";
          int ecn = tos & 3;
          expected.add(
              "192.0.2.1,10.65.1.9 192.0.2.2,10.65.2.9 4,1 5,5 104,84 32,32 0,46 %d,%d %s,%s 1,1"
                  .formatted(ecn == 3 ? 2 : ecn, ecn, flag, flag)
                  .replace("5,5", "20,20"));
        }
      }
      seen =
          capture.fields(
              "ip.src",
              "ip.dst",
              "ip.proto",
              "ip.hdr_len",
              "ip.len",
              "ip.ttl",
              "ip.dsfield.dscp",
              "ip.dsfield.ecn",
              "ip.flags.df",
              "ip.checksum.status");
    }

    assertEquals(expected, seen);
  }

  @Test
  void anIdForWhoMayBeFragmented() throws Exception {
    Set<String> ids = new TreeSet<>();
    try (Capture capture = node2.capture(12, "ip proto 4 and src host 192.0.2.1")) {
      node1.podExec("ping -nq -c4 -i 0.01 -W10 -M do 10.65.2.9");
      node1.podExec("ping -nq -c8 -i 0.01 -W10 -M dont 10.65.2.9");
      List<String> seen = capture.fields("ip.id");
      seen.subList(0, 4).forEach(id -> assertTrue(id.startsWith("0x0000,"), seen.toString()));
      seen.subList(4, 12).forEach(id -> ids.add(id.split(",")[0]));
    }

    assertTrue(ids.size() > 5, "random: " + ids);
  }

  /** RFC 6040 figure 4; the size of the packet tells which of the 16 it was. */
  @Test
  void combinesCongestionMarksOfBothHeaders() throws Exception {
    int[][] becomes = { // [inner][outer]; -1: dropped
      {0, 0, 0, -1}, {1, 1, 1, 3}, {2, 1, 2, 3}, {3, 3, 3, 3},
    };
    Set<String> expected = new TreeSet<>();
    Set<String> seen;
    try (Capture capture = node1.podCapture(15, "icmp[icmptype] == icmp-echo")) {
      for (int outer = 0; outer < 4; outer++) {
        node2.declare(DAMAGE, DesiredState.of(damage(Packet.TOS, outer)));
        for (int inner = 0; inner < 4; inner++) {
          int bytes = 100 + 4 * inner + outer;
          node2.podTry("ping -nq -c1 -W1 -s " + bytes + " -Q " + inner + " 10.65.1.9");
          if (becomes[inner][outer] >= 0) {
            expected.add(bytes + 28 + " " + becomes[inner][outer] + " 1 1");
          }
        }
      }
      seen =
          new TreeSet<>(
              capture.fields(
                  "ip.len", "ip.dsfield.ecn", "ip.checksum.status", "icmp.checksum.status"));
    }

    assertEquals(expected, seen);
    assertEquals(1L, counters(node1).get("errors"));
  }

  @Test
  void dropsAndCountsWhatItDoesNotTake() throws Exception {
    List<BpfProgram> damages =
        List.of(
            damage(Packet.FRAGMENT, 0x20), // More fragments
            damage(Packet.FRAGMENT + 1, 0x01), // A later one
            damage(Packet.VERSION, 0x46), // Options
            damage(Packet.IP_BYTES, 0x65)); // IPv6 inside
    for (BpfProgram damage : damages) {
      node2.declare(DAMAGE, DesiredState.of(damage));
      assertUnanswered(node2.podTry("ping -nq -c1 -W1 10.65.1.9"));
    }

    assertEquals(
        Map.of("encapsulated", 0L, "decapsulated", 0L, "unknownPeer", 0L, "errors", 4L),
        counters(node1));
  }

  @Test
  void passesTunnelPacketsToOthers() throws Exception {
    node2.declare(DAMAGE, DesiredState.of(damage(Packet.DESTINATION + 3, 77)));
    try (Capture capture = node1.capture(2, "ip proto 4 or icmp")) {
      assertUnanswered(node2.podTry("ping -nq -c1 -W1 10.65.1.9"));
      assertEquals("192.0.2.77,10.65.1.9", capture.fields("ip.dst").get(0));
    }

    assertEquals(0L, counters(node1).get("errors"));
  }

  @Test
  void dropsAndCountsWhatUnknownNodesSend() throws Exception {
    node2.ip("addr add 192.0.2.66/24 dev eth0");
    node2.apply(mode.plan(pair(2, "192.0.2.66")));

    assertUnanswered(node2.podTry("ping -nq -c3 -i 0.01 -W1 10.65.1.9"));

    assertEquals(3L, counters(node1).get("unknownPeer"));

    node1.apply(mode.plan(pair(1).withPeer(peer(3, "192.0.2.66", "192.0.2.66", "eth0"))));

    node2.podTry("ping -nq -c1 -W1 10.65.1.9");
    assertEquals(3L, counters(node1).get("unknownPeer"));
    assertEquals(1L, counters(node1).get("decapsulated"));
  }

  @Test
  void dropsAndCountsWhatIsForNoPeer() throws Exception {
    node1.ip("route add 10.65.7.0/26 via 192.0.2.7 dev tunl0 onlink");

    assertUnanswered(node1.podTry("ping -nq -c1 -W1 10.65.7.1"));

    assertEquals(1L, counters(node1).get("errors"));
  }

  @Test
  void carriesLargeSegmentsAsOne() throws Exception {
    transfer(node1::inPod, node2::inPod, "10.65.2.9");

    long packets = counters(node1).get("encapsulated");
    assertTrue(packets < BULK_BYTES / 1428 / 2, packets + " packets");
    assertEquals(0L, counters(node1).get("errors"));
    assertEquals(0L, badChecksums(node2.podExec("grep ^Tcp: /proc/net/snmp")));
  }

  @Test
  void carriesWhatTheKernelSegmentsBeforeTheWire() throws Exception {
    node1.exec("ethtool -K eth0 tx off tso off gso off");
    try (Capture capture = node2.capture(2000, "ip proto 4 and src host 192.0.2.1")) {
      transfer(node1::inPod, node2::inPod, "10.65.2.9");
      for (String packet : capture.fields("ip.len", "ip.checksum.status", "tcp.checksum.status")) {
        String[] fields = packet.split("[ ,]");
        assertTrue(Integer.parseInt(fields[0]) <= 1500, packet);
        assertTrue(packet.endsWith(" 1,1 1"), packet);
      }
    }

    assertEquals(0L, badChecksums(node2.podExec("grep ^Tcp: /proc/net/snmp")));
  }

  @Test
  void carriesWhatThePodsLinkDoesNotTakeAsOne() throws Exception {
    node2.exec("ethtool -K cali0 tx off tso off gso off");

    transfer(node1::inPod, node2::inPod, "10.65.2.9");

    assertEquals(0L, badChecksums(node2.podExec("grep ^Tcp: /proc/net/snmp")));
  }

  /** From pod 2 by node 1 to another pod of node 2: the kernel marks what came out as tunnelled. */
  @Test
  void carriesOnWhatCameOutOfATunnel() throws Exception {
    try (KernelNode other = KernelNode.create()) {
      node2.connect("cali1", other);
      node2.ip("addr add 169.254.1.1/32 dev cali1");
      node2.ip("link set cali1 up");
      other.uplink("10.65.8.8/32");
      other.ip("route add default via 169.254.1.1 dev eth0 onlink");
      node2.ip("route add 10.65.8.8 via 192.0.2.1 dev tunl0 onlink");
      node1.ip("route add 10.65.8.8 via 192.0.2.2 dev tunl0 onlink");
      node2.ip("rule add iif eth0 to 10.65.8.8 lookup 100");
      node2.ip("route add 10.65.8.8 dev cali1 table 100");

      transfer(node2::inPod, other::inNode, "10.65.8.8");

      Map<String, Long> counters = counters(node1);
      assertTrue(counters.get("encapsulated") > 100, counters.toString());
      assertEquals(counters.get("decapsulated"), counters.get("encapsulated"));
      assertEquals(0L, counters.get("errors"));
      assertEquals(0L, badChecksums(other.exec("grep ^Tcp: /proc/net/snmp")));
    }
  }

  @Test
  void writesNothingAfterARestart() throws Exception {
    node1.restartDataplane();

    DesiredState same = DesiredState.of(mode.plan(pair(1)).standing());
    assertEquals(List.of(), node1.dataplane().preview(Owner.mode("ipip"), same));
    node1.podExec("ping -nq -c1 -W10 10.65.2.9");
  }

  @Test
  void leavesNoProgramBehind() throws Exception {
    node1.apply(Plan.EMPTY);
    node2.apply(Plan.EMPTY);

    assertEquals(List.of(), node1.pins());
    assertTrue(node1.ip("addr show to 10.65.1.1").isEmpty());
  }

  /** A namespace, in which something is started. */
  private interface Place {
    <T> CompletableFuture<T> start(Netns.Work<T> work);
  }

  /** Sends bulk data over TCP. */
  private static void transfer(Place from, Place to, String address) throws Exception {
    CompletableFuture<InetSocketAddress> listening = new CompletableFuture<>();
    CompletableFuture<Long> received =
        to.start(
            () -> {
              try (ServerSocket server = new ServerSocket()) {
                server.bind(new InetSocketAddress(Ip.parse(address), 0));
                listening.complete((InetSocketAddress) server.getLocalSocketAddress());
                try (Socket socket = server.accept();
                    InputStream in = socket.getInputStream()) {
                  CRC32 crc = new CRC32();
                  byte[] buffer = new byte[1 << 16];
                  for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    crc.update(buffer, 0, n);
                  }
                  return crc.getValue();
                }
              }
            });
    InetSocketAddress target = listening.get(20, TimeUnit.SECONDS);
    CompletableFuture<Long> sent =
        from.start(
            () -> {
              try (Socket socket = new Socket(target.getAddress(), target.getPort());
                  OutputStream out = socket.getOutputStream()) {
                CRC32 crc = new CRC32();
                byte[] buffer = new byte[1 << 16];
                for (int i = 0; i < BULK_BYTES / buffer.length; i++) {
                  Arrays.fill(buffer, (byte) i);
                  crc.update(buffer);
                  out.write(buffer);
                }
                return crc.getValue();
              }
            });
    assertEquals(sent.get(60, TimeUnit.SECONDS), received.get(60, TimeUnit.SECONDS));
  }

  private static long badChecksums(String snmp) {
    String[] lines = snmp.split("\n");
    int column = Arrays.asList(lines[0].split(" ")).indexOf("InCsumErrors");
    return Long.parseLong(lines[1].split(" ")[column]);
  }

  private static void assertUnanswered(String ping) {
    assertTrue(ping.contains(" 0 received"), ping);
  }

  private static Map<String, Long> counters(KernelNode node) throws Exception {
    Map<String, Long> all = node.dataplane().counters(Owner.mode("ipip"));
    Map<String, Long> counters = new TreeMap<>();
    Counters.NAMES.forEach(name -> counters.put(name, all.get(Counters.MAP + "." + name)));
    return counters;
  }

  /** Overwrites a byte of the outer header, or behind it, of each tunnel packet that leaves. */
  private static BpfProgram damage(int offset, int value) {
    return new Assembler()
        .move(R6, R1)
        .load(Assembler.Size.WORD, R2, R6, Packet.DATA)
        .load(Assembler.Size.WORD, R3, R6, Packet.DATA_END)
        .move(R4, R2)
        .add(R4, Packet.ETHERNET_BYTES + Packet.IP_BYTES)
        .jumpIfGreater(R4, R3, "pass")
        .load(BYTE, R4, R2, Packet.ETHERNET_BYTES + Packet.PROTOCOL)
        .jumpIfNot(R4, Packet.PROTOCOL_IPIP, "pass")
        .store(BYTE, STACK, -1, value)
        .move(R1, R6)
        .move(R2, Packet.ETHERNET_BYTES + offset)
        .move(R3, STACK)
        .add(R3, -1)
        .move(R4, 1)
        .move(R5, 0)
        .call(Helper.SKB_STORE_BYTES)
        .label("pass")
        .move(R0, Packet.TC_ACT_UNSPEC)
        .exit()
        .program("damage", "eth0", Hook.EGRESS);
  }

  /** Of node 1 or 2, which know each other. */
  private FakeView pair(int own) {
    return pair(own, "192.0.2." + own);
  }

  private FakeView pair(int own, String address) {
    int other = 3 - own;
    String peer = "192.0.2." + other;
    return view(own, address)
        .withPeer(peer(other, peer, peer, "eth0"))
        .withBlock("10.65." + other + ".0/26", Variant.ALWAYS, "node" + other);
  }

  /** Of a node that knows no other. */
  private FakeView view(int own, String address) {
    LocalNode self =
        new LocalNode(
            "node" + own,
            Map.of(IpFamily.IPV4, Ip.parse(address)),
            Map.of(IpFamily.IPV4, 24),
            Map.of(IpFamily.IPV4, "eth0"),
            1500,
            Map.of("ipip/IPV4", Ip.parse("10.65." + own + ".1")));
    FakeView empty = FakeView.of();
    return new FakeView(
        self, node1.dataplane().facts(), empty.settings(), List.of(), List.of(), Set.of());
  }

  private static Peer peer(int number, String address, String gateway, String link) {
    return new Peer(
        "node" + number,
        Map.of(IpFamily.IPV4, Ip.parse(address)),
        Map.of(),
        Map.of(IpFamily.IPV4, new Peer.Gateway(Ip.parse(gateway), link)),
        Map.of(),
        Map.of());
  }
}
