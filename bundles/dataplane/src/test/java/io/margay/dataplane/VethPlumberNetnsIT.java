// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.HostLink;
import io.margay.api.dataplane.Workload;
import io.margay.api.net.MacAddress;
import io.margay.api.net.Rate;
import io.margay.netlink.Netns;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods attached in a namespace that plays the node, looked at with Debian's tools. */
class VethPlumberNetnsIT {
  private final String prefix =
      "vp-%d-%05x-"
          .formatted(ProcessHandle.current().pid(), ThreadLocalRandom.current().nextInt(1 << 20));
  private final List<String> namespaces = new ArrayList<>();
  private final VethPlumber plumber = new VethPlumber();

  @BeforeEach
  void createNode() throws Exception {
    boolean root =
        "root".equals(System.getProperty("user.name"))
            && Files.isExecutable(Path.of("/usr/sbin/ip"));
    if (!root) {
      System.out.println("skipped: network namespaces need root and iproute2");
    }
    Assumptions.assumeTrue(root, "network namespaces need root and iproute2");
    for (String name : List.of("node", "pod1", "pod2")) {
      run(List.of("ip", "netns", "add", prefix + name));
      namespaces.add(prefix + name);
    }
    in("node", "ip link set lo up");
  }

  @AfterEach
  void removeNamespaces() throws Exception {
    for (String name : namespaces) {
      run(List.of("ip", "netns", "del", name));
    }
  }

  @Test
  void podsOfOneNodeReachEachOtherInBothFamilies() throws Exception {
    Workload a = workload("h1", "pod1", "10.0.0.1", "fd00::1");
    Workload b = workload("h2", "pod2", "10.0.0.2", "fd00::2");
    wire(a, attach(a));
    wire(b, attach(b));

    in("pod1", "ping -c1 -W2 10.0.0.2");
    in("pod1", "ping -c1 -W2 fd00::2");
    in("pod2", "ping -c1 -W2 10.0.0.1");
    in("pod2", "ping -c1 -W2 fd00::1");
  }

  @Test
  void podsReachEachOtherByIpv6Alone() throws Exception {
    Workload a = workload("h1", "pod1", "fd00::1");
    Workload b = workload("h2", "pod2", "fd00::2");
    in("pod1", "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    wire(a, attach(a));
    wire(b, attach(b));

    in("pod1", "ping -c1 -W2 fd00::2");
    assertEquals("", in("pod1", "ip -4 route"));
  }

  @Test
  void configuresThePodAsCalicoDoes() throws Exception {
    Workload workload = workload("net.c1.eth0", "pod1", "10.0.0.1", "fd00::1");

    HostLink link = attach(workload);

    assertEquals(
        """
        default via 169.254.1.1 dev eth0
        169.254.1.1 dev eth0 scope link\
        """,
        in("pod1", "ip -4 route"));
    assertTrue(
        in("pod1", "ip -6 route").contains("default via fe80::ecee:eeff:feee:eeee dev eth0"));
    assertEquals(
        """
        169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee PERMANENT
        fe80::ecee:eeff:feee:eeee dev eth0 lladdr ee:ee:ee:ee:ee:ee router PERMANENT\
        """
            .replace(" router", ""),
        in("pod1", "ip neigh").lines().sorted().reduce((x, y) -> x + "\n" + y).orElse(""));
    String addresses = in("pod1", "ip addr show eth0");
    assertTrue(addresses.contains("inet 10.0.0.1/32 scope global eth0"), addresses);
    assertTrue(addresses.contains("inet6 fd00::1/128 scope global nodad"), addresses);
    assertTrue(addresses.contains("mtu 1450"), addresses);
    assertTrue(addresses.contains("link/ether " + link.podMac()), addresses);
    assertTrue(in("pod1", "ip link show lo").contains("UP"));
    assertEquals("0", in("pod1", "sysctl -n net.ipv4.ip_forward"));
    String host = in("node", "ip link show " + workload.hostLink());
    assertTrue(host.contains("link/ether ee:ee:ee:ee:ee:ee"), host);
    assertTrue(host.contains("alias net.c1.eth0"), host);
    assertTrue(host.contains("mtu 1450") && host.contains("LOWER_UP"), host);
    assertTrue(
        in("node", "ip -6 addr show " + workload.hostLink())
            .contains("inet6 fe80::ecee:eeff:feee:eeee/64 scope link"));
    assertEquals(new HostLink(workload.hostLink(), Workload.HOST_MAC, link.podMac(), 1450), link);
    assertEquals(Map.of("net.c1.eth0", workload.hostLink()), inNode(plumber::attached));
    inNode(() -> check(workload));
  }

  @Test
  void usesTheMacAskedFor() throws Exception {
    MacAddress mac = MacAddress.parse("02:00:00:00:00:07");
    Workload plain = workload("h1", "pod1", "10.0.0.1");
    Workload workload =
        new Workload(
            "h1",
            plain.hostLink(),
            plain.namespace(),
            "eth0",
            plain.addresses(),
            1450,
            Optional.of(mac));

    assertEquals(mac, attach(workload).podMac());
    assertTrue(in("pod1", "ip link show eth0").contains("link/ether 02:00:00:00:00:07"));
  }

  @Test
  void aRepeatedAttachChangesNothing() throws Exception {
    Workload workload = workload("h1", "pod1", "10.0.0.1", "fd00::1");
    HostLink first = attach(workload);
    String before = state(workload);

    assertEquals(first, attach(workload));

    assertEquals(before, state(workload));
  }

  @Test
  void aRepeatedAttachRepairs() throws Exception {
    Workload workload = workload("h1", "pod1", "10.0.0.1", "fd00::1");
    attach(workload);
    String before = state(workload);
    List<String> damages =
        List.of(
            "ip route del default",
            "ip route replace default dev eth0",
            "ip -6 route del default",
            "ip addr del 10.0.0.1/32 dev eth0",
            "ip addr add 10.0.0.9/32 dev eth0",
            "ip neigh replace 169.254.1.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent",
            "ip link set eth0 mtu 1400",
            "ip link set eth0 down");
    for (String damage : damages) {
      in("pod1", damage);
      boolean extra = damage.contains("10.0.0.9");
      if (!extra) {
        assertThrows(DataplaneException.class, () -> inNode(() -> check(workload)), damage);
      }

      attach(workload);

      assertEquals(before, state(workload), damage);
      inNode(() -> check(workload));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "node,ip link set HOST down,is down",
    "node,ip link set HOST mtu 1400,has mtu 1400",
    "node,ip link set HOST address 02:00:00:00:00:01,has not the address",
    "node,ip link set HOST alias other,has alias other",
    "node,ip link del HOST,is missing",
    "pod1,ip link set eth0 down,is down",
    "pod1,ip link set eth0 mtu 1400,with mtu 1400",
    "pod1,ip link set eth0 address 02:00:00:00:00:01,has the address 02:00:00:00:00:01",
    "pod1,ip addr del 10.0.0.1/32 dev eth0,10.0.0.1/32",
    "pod1,ip addr del fd00::1/128 dev eth0,/128 dev eth0 is missing",
    "pod1,ip route del default,route default via 169.254.1.1",
    "pod1,ip route del 169.254.1.1 dev eth0,route 169.254.1.1",
    "pod1,ip -6 route del default,route default via fe80",
    "pod1,ip neigh del 169.254.1.1 dev eth0,169.254.1.1 lladdr ee:ee:ee:ee:ee:ee"
  })
  void checkNamesWhatDiffers(String where, String damage, String named) throws Exception {
    MacAddress mac = MacAddress.parse("02:00:00:00:00:07");
    Workload workload = workload("h1", "pod1", "10.0.0.1", "fd00::1").withPodMac(mac);
    attach(workload);
    inNode(() -> check(workload));

    in(where, damage.replace("HOST", workload.hostLink()));

    DataplaneException found =
        assertThrows(DataplaneException.class, () -> inNode(() -> check(workload)));
    assertTrue(found.getMessage().contains(named), found.getMessage());
  }

  @Test
  void checkAcceptsWhatPluginsBehindUsChange() throws Exception {
    Workload workload = workload("h1", "pod1", "10.0.0.1", "fd00::1");
    attach(workload);
    in("pod1", "ip link set eth0 mtu 1400"); // As tuning does.
    in("pod1", "ip route del default"); // As sbr does.
    in("pod1", "ip route add default via 169.254.1.1 dev eth0 table 100");
    in("pod1", "ip addr add 192.0.2.7/24 dev eth0");

    inNode(
        () -> {
          plumber.check(workload, 1400);
          return workload;
        });
  }

  @Test
  void limitsWhatThePodSends() throws Exception {
    Rate rate = new Rate(12_000_000, 100_000);
    Workload limited = workload("h1", "pod1", "10.0.0.1").withSendRate(Optional.of(rate));
    attach(limited);
    String qdisc = in("pod1", "tc qdisc show dev eth0 root");
    assertTrue(qdisc.contains("tbf 9800: root refcnt"), qdisc);
    assertTrue(qdisc.contains("rate 12Mbit burst ") && qdisc.contains("lat 25ms"), qdisc);
    inNode(() -> check(limited));

    in("pod1", "tc qdisc del dev eth0 root");
    DataplaneException found =
        assertThrows(DataplaneException.class, () -> inNode(() -> check(limited)));
    assertTrue(found.getMessage().contains("rate 12000000bit burst 100000b"), found.getMessage());
    attach(limited);
    inNode(() -> check(limited));

    Workload free = limited.withSendRate(Optional.empty());
    assertThrows(DataplaneException.class, () -> inNode(() -> check(free)));
    attach(free);
    inNode(() -> check(free));
    assertFalse(in("pod1", "tc qdisc show dev eth0 root").contains("tbf"));
  }

  @Test
  void aRepeatedAttachKeepsTheNodesNeighbours() throws Exception {
    Workload workload = workload("h1", "pod1", "10.0.0.1");
    attach(workload);
    String neighbour = "10.0.0.1 lladdr 02:00:00:00:00:01 dev " + workload.hostLink();
    in("node", "ip neigh add " + neighbour + " nud permanent");

    attach(workload);

    String kept = in("node", "ip neigh show dev " + workload.hostLink() + " nud permanent");
    assertTrue(kept.contains("10.0.0.1 lladdr 02:00:00:00:00:01"), kept);
  }

  @Test
  void followsAPodToAnotherNamespace() throws Exception {
    attach(workload("h1", "pod1", "10.0.0.1"));
    in("pod1", "ip link set eth0 netns " + prefix + "pod2");
    in("pod2", "ip link set eth0 name other");
    Workload moved = workload("h1", "pod1", "10.0.0.1");

    attach(moved);

    inNode(() -> check(moved));
    assertEquals(Map.of("h1", moved.hostLink()), inNode(plumber::attached));
  }

  @Test
  void refusesAForeignInterfaceInThePod() throws Exception {
    in("pod1", "ip link add eth0 type veth peer name x");
    Workload workload = workload("h1", "pod1", "10.0.0.1");

    DataplaneException refused = assertThrows(DataplaneException.class, () -> attach(workload));

    assertEquals("EEXIST", refused.errno());
    assertEquals(
        "attach h1: link eth0 in /run/netns/%spod1: EEXIST (not made for this workload)"
            .formatted(prefix),
        refused.getMessage());
    assertEquals(Map.of(), inNode(plumber::attached));
  }

  @Test
  void refusesAForeignLinkOnTheNode() throws Exception {
    Workload workload = workload("h1", "pod1", "10.0.0.1");
    in("node", "ip link add " + workload.hostLink() + " type veth peer name x");
    in("node", "ip link set " + workload.hostLink() + " alias h9");

    DataplaneException refused = assertThrows(DataplaneException.class, () -> attach(workload));

    assertEquals("EEXIST", refused.errno());
    assertEquals(
        "attach h1: link %s: EEXIST (has alias h9)".formatted(workload.hostLink()),
        refused.getMessage());
    assertTrue(in("node", "ip link show " + workload.hostLink()).contains("alias h9"));
  }

  @Test
  void leavesNothingBehindWhenThePodRefuses() throws Exception {
    in("pod1", "ip link add other type veth peer name x");
    in("pod1", "ip link set x up");
    in("pod1", "ip link set other up");
    in("pod1", "ip route add default dev other");
    Workload workload = workload("h1", "pod1", "10.0.0.1");

    DataplaneException refused = assertThrows(DataplaneException.class, () -> attach(workload));

    assertEquals("EEXIST", refused.errno());
    assertEquals(
        "attach h1: route add default via 169.254.1.1 dev eth0: EEXIST", refused.getMessage());
    assertEquals("", in("node", "ip link show type veth"));
    assertEquals("default dev other scope link", in("pod1", "ip route"));
  }

  @Test
  void namesAMissingOrWrongNamespace() throws Exception {
    Workload missing = workload("h1", "gone", "10.0.0.1");
    DataplaneException refused = assertThrows(DataplaneException.class, () -> attach(missing));
    assertEquals("ENOENT", refused.errno());
    assertEquals(
        "attach h1: open network namespace /run/netns/%sgone: ENOENT".formatted(prefix),
        refused.getMessage());
    Workload node = workload("h1", "node", "10.0.0.1");
    assertEquals("EINVAL", assertThrows(DataplaneException.class, () -> attach(node)).errno());
  }

  @Test
  void detachesByHandleAndAnyNumberOfTimes() throws Exception {
    Workload a = workload("h1", "pod1", "10.0.0.1");
    Workload b = workload("h2", "pod2", "10.0.0.2");
    attach(a);
    attach(b);

    detach("h1");
    detach("h1");
    detach("never");

    assertEquals(Map.of("h2", b.hostLink()), inNode(plumber::attached));
    assertEquals("", in("pod1", "ip link show type veth"));
    assertThrows(DataplaneException.class, () -> inNode(() -> check(a)));
    inNode(() -> check(b));
  }

  @Test
  void refusesCallsOnceStopped() throws Exception {
    plumber.drain();

    DataplaneException refused = assertThrows(DataplaneException.class, () -> detach("h1"));
    assertEquals("detach h1: this plumber has stopped", refused.getMessage());
  }

  /** The host's side, which its owner declares apart. */
  private void wire(Workload workload, HostLink link) throws Exception {
    String dev = workload.hostLink();
    for (InetAddress address : workload.addresses()) {
      String ip = address.getHostAddress();
      in("node", "ip route add " + ip + " dev " + dev);
      in("node", "ip neigh replace " + ip + " lladdr " + link.podMac() + " dev " + dev);
    }
    in("node", "sysctl -qw net.ipv4.ip_forward=1");
    in("node", "sysctl -qw net.ipv6.conf.all.forwarding=1");
  }

  @Test
  void resizesARunningPodInTwoStepsThatDoNotLeaveATrace() throws Exception {
    Workload workload = workload("h1", "pod1", "10.0.0.1", "fd00::1");
    attach(workload);
    String routes = in("pod1", "ip route") + in("pod1", "ip -6 route");

    resize(sized(workload, 1450), 1400);

    assertMtus(workload, 1450, 1400);

    resize(sized(workload, 1400), 1400);

    assertMtus(workload, 1400, 1400);
    assertEquals(routes, in("pod1", "ip route") + in("pod1", "ip -6 route"));

    resize(sized(workload, 8950), 1400);

    assertMtus(workload, 8950, 1400);

    resize(sized(workload, 8950), 8950);

    assertMtus(workload, 8950, 8950);
    assertEquals(routes, in("pod1", "ip route") + in("pod1", "ip -6 route"));
    inNode(() -> check(sized(workload, 8950)));
  }

  @Test
  void keepsALowerMtuThatThePodGaveItsRoute() throws Exception {
    Workload workload = workload("h1", "pod1", "10.0.0.1");
    attach(workload);
    in("pod1", "ip route change default via 169.254.1.1 dev eth0 mtu 1300");

    resize(sized(workload, 1450), 1400);
    resize(sized(workload, 1400), 1400);

    assertTrue(in("pod1", "ip route show default").contains("mtu 1300"));
    assertTrue(in("pod1", "ip link show eth0").contains("mtu 1400"));
  }

  @Test
  void namesThePodThatCannotBeResized() throws Exception {
    Workload workload = workload("h1", "pod1", "10.0.0.1");

    DataplaneException none =
        assertThrows(DataplaneException.class, () -> resize(sized(workload, 1400), 1400));
    DataplaneException gone =
        assertThrows(
            DataplaneException.class, () -> resize(workload("h2", "nowhere", "10.0.0.2"), 1400));

    assertEquals("ENODEV", none.errno());
    assertTrue(none.getMessage().contains("h1") && none.getMessage().contains("eth0"));
    assertEquals("ENOENT", gone.errno());
  }

  private void resize(Workload workload, int sendMtuBytes) throws Exception {
    inNode(
        () -> {
          plumber.resize(workload, sendMtuBytes);
          return workload;
        });
  }

  private static Workload sized(Workload workload, int mtuBytes) {
    return new Workload(
        workload.handle(),
        workload.hostLink(),
        workload.namespace(),
        workload.podLink(),
        workload.addresses(),
        mtuBytes,
        workload.podMac());
  }

  private void assertMtus(Workload workload, int linkMtuBytes, int sendMtuBytes)
      throws IOException {
    String link = "mtu " + linkMtuBytes + " ";
    assertTrue(in("node", "ip link show " + workload.hostLink()).contains(link));
    assertTrue(in("pod1", "ip link show eth0").contains(link));
    for (String family : List.of("-4", "-6")) {
      String route = in("pod1", "ip " + family + " route show default");
      assertEquals(
          sendMtuBytes < linkMtuBytes,
          route.matches(".* mtu (lock )?" + sendMtuBytes + "\\b.*"),
          route);
    }
  }

  private Workload workload(String handle, String pod, String... addresses) {
    String hostLink = Workload.hostLinkName("cali", "net", handle, "eth0");
    List<InetAddress> parsed = Arrays.stream(addresses).map(VethPlumberNetnsIT::ip).toList();
    Path namespace = Path.of("/run/netns", prefix + pod);
    return new Workload(handle, hostLink, namespace, "eth0", parsed, 1450, Optional.empty());
  }

  private HostLink attach(Workload workload) throws Exception {
    return inNode(() -> plumber.attach(workload));
  }

  private void detach(String handle) throws Exception {
    inNode(
        () -> {
          plumber.detach(handle);
          return handle;
        });
  }

  private Workload check(Workload workload) throws DataplaneException {
    plumber.check(workload, workload.mtuBytes());
    return workload;
  }

  /** What an attach makes, as text. */
  private String state(Workload workload) throws Exception {
    // The link-local address is tentative for a moment, although DAD is off.
    String transientText = " tentative| (state|qdisc) \\S+|valid_lft.*|@if\\d+";
    List<String> parts =
        List.of(
            in("pod1", "ip addr show dev eth0"),
            in("pod1", "ip route"),
            in("pod1", "ip -6 route show default"),
            in("pod1", "ip neigh show nud permanent").lines().sorted().toList().toString(),
            in("node", "ip link show " + workload.hostLink()));
    return String.join("\n", parts).replaceAll(transientText, "");
  }

  private interface NodeWork<T> {
    T run() throws DataplaneException;
  }

  private <T> T inNode(NodeWork<T> work) throws Exception {
    DataplaneException[] refusal = new DataplaneException[1];
    try (Netns node = Netns.open(Path.of("/run/netns", prefix + "node"))) {
      T result =
          node.call(
              () -> {
                try {
                  return work.run();
                } catch (DataplaneException e) {
                  refusal[0] = e;
                  return null;
                }
              });
      if (refusal[0] != null) {
        throw refusal[0];
      }
      return result;
    }
  }

  private String in(String namespace, String command) throws IOException {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", prefix + namespace));
    words.addAll(List.of(command.split(" ")));
    return run(words);
  }

  private static String run(List<String> command) throws IOException {
    // Warnings of ip, such as one about a namespace that another test just deleted, are no output.
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.onExit().join().exitValue(), String.join(" ", command) + ": " + output);
    return output.lines().map(String::strip).reduce((a, b) -> a + "\n" + b).orElse("");
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
