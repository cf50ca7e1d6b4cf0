// SPDX-License-Identifier: Apache-2.0
package io.margay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.netlink.BpfFacts;
import io.margay.netlink.BpfFs;
import io.margay.netlink.BpfMapFd;
import io.margay.netlink.BpfProgramFd;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Netns;
import io.margay.netlink.NftSocket;
import io.margay.netlink.Request;
import io.margay.netlink.TcxLinkFd;
import io.margay.netlink.TrafficMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects with and without our marks, made by Debian's ip. */
class CleanNetnsIT {
  private final String name = "clean-" + ProcessHandle.current().pid();

  @BeforeEach
  void createNode() throws Exception {
    boolean root = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    assumeTrue(root, "network namespaces need root");
    run("ip netns add " + name);
    ip("link set lo up");
    ip("link add eth0 type veth peer name wire");
    ip("link set eth0 up");
    ip("link set wire up");
    ip("address add 192.0.2.1/24 dev eth0");
  }

  @AfterEach
  void removeNode() throws Exception {
    if (Files.exists(Path.of("/run/netns", name))) {
      run("ip netns delete " + name);
    }
  }

  @Test
  void removesWhatCarriesAMarkAndNothingElse() throws Exception {
    ip("route add 10.9.0.0/24 via 192.0.2.9 proto static");
    ip("rule add priority 9799 table 100");
    ip("rule add priority 9900 table 100");
    ip("link add other address ee:ee:ee:ee:ee:ee type veth peer name far");
    ip("link set wire alias somebodys");
    nft("add table inet somebody");
    nft("add table ip margay");
    String before = everything();
    nft("add table inet margay");
    nft("add chain inet margay output { type filter hook output priority 0 ; }");
    nft("add rule inet margay output accept");
    nft("add table inet margay-trace-1-a");
    ip("route add 10.0.0.0/26 via 192.0.2.2 proto 80");
    ip("route add 10.0.1.0/26 via 192.0.2.2 proto 80 table 77");
    ip("route add blackhole 10.0.2.0/26 proto 80");
    ip("-6 route add blackhole 2001:db8::/122 proto 80");
    ip("rule add priority 9800 table 100");
    ip("-6 rule add priority 9899 table 100");
    ip("link add cali0123456789a address ee:ee:ee:ee:ee:ee type veth peer name pod");
    ip("link set cali0123456789a alias net.container");
    ip("link set cali0123456789a up");
    ip("route add 10.0.0.1/32 dev cali0123456789a proto 80");
    ip("link add vx0 type bridge");
    ip("link set vx0 alias mode/vxlan");
    ip("neighbour add 192.0.2.3 lladdr 02:00:00:00:00:01 dev eth0 nud permanent protocol 80");

    try (Netns node = Netns.open(Path.of("/run/netns", name));
        NetlinkSocket socket = node.call(NetlinkSocket::open);
        NftSocket nft = node.call(NftSocket::open)) {
      Clean clean = Clean.of("--state", "/nowhere");
      assertEquals(0, clean.remove(socket, Optional.of(nft)));
    }

    assertEquals(before, everything());
  }

  @Test
  void removesProgramsAndMaps(@TempDir Path state) throws Exception {
    byte[] pass = {(byte) 0xb7, 0, 0, 0, 0, 0, 0, 0, (byte) 0x95, 0, 0, 0, 0, 0, 0, 0};
    Path bpf = Files.createDirectory(state.resolve("bpf"));
    Path folder = bpf.resolve("programs/eth0:7/ingress/link");
    BpfFs.mount(bpf);
    ip("link add eth0.7 type veth peer name far");
    Netns node = Netns.open(Path.of("/run/netns", name));
    try (NetlinkSocket socket = node.call(NetlinkSocket::open);
        BpfMapFd map = BpfMapFd.create("link", new BpfMapFd.Form(1, 4, 4, 1));
        BpfProgramFd program = BpfProgramFd.load("link", pass)) {
      Files.createDirectories(bpf.resolve("maps"));
      Files.createDirectories(folder);
      map.pin(bpf.resolve("maps/link"));
      program.pin(folder.resolve("0123"));
      int index = socket.link("eth0.7").orElseThrow().index();
      if (BpfFacts.read().tcx()) {
        node.call(
            () -> {
              try (TcxLinkFd link = TcxLinkFd.attach(program, index, true)) {
                link.pin(folder.resolve("link"));
              }
              return null;
            });
      }
      socket.execute(Request.add(TrafficMessage.clsact(index)));
      TrafficMessage filter = TrafficMessage.program(index, TrafficMessage.EGRESS, 9800, 1);
      socket.execute(Request.add(filter.withProgram(program, "margay/link")));
      TrafficMessage others = TrafficMessage.program(index, TrafficMessage.EGRESS, 9801, 1);
      socket.execute(Request.add(others.withProgram(program, "somebodys")));

      assertEquals(
          List.of("bpf map link", "bpf program link dev eth0.7 ingress"),
          new Pins(bpf).find().stream().sorted().toList());
      assertEquals(0, Clean.of("--state", state.toString()).remove(socket, Optional.empty()));
      assertFalse(BpfFs.isMounted(bpf));
    } finally {
      node.close();
      if (BpfFs.isMounted(bpf)) {
        BpfFs.unmount(bpf);
      }
    }

    String filters = run("tc -n " + name + " filter show dev eth0.7 egress");
    assertTrue(filters.contains("somebodys") && !filters.contains("margay/"), filters);
  }

  private String everything() throws IOException, InterruptedException {
    return ip("-br link | sort")
        + ip("-4 route show table all")
        + ip("-6 route show table all | grep -v fe80")
        + ip("rule")
        + ip("-6 rule")
        + ip("neighbour show nud permanent")
        + nft("list ruleset");
  }

  private String nft(String arguments) throws IOException, InterruptedException {
    return run("ip netns exec " + name + " nft '" + arguments + "'");
  }

  private String ip(String arguments) throws IOException, InterruptedException {
    return run("ip -n " + name + " " + arguments);
  }

  private static String run(String command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("bash", "-c", command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), command + ": " + output);
    return output;
  }
}
