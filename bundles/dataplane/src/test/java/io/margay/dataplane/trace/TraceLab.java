// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.dataplane.Threads;
import io.margay.netlink.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Assumptions;

/**
 * Namespaces in a row: pod (10.9.0.2, fd09::2), node (10.9.0.1 at its link cali1, 10.9.1.1 at
 * uplink), router (10.9.1.2, 10.9.2.1), far (10.9.2.2, fd09:0:0:2::2).
 */
final class TraceLab implements AutoCloseable {
  private final String prefix =
      "tr-%d-%05x-"
          .formatted(ProcessHandle.current().pid(), ThreadLocalRandom.current().nextInt(1 << 20));
  private final Map<String, Netns> namespaces = new LinkedHashMap<>();

  private TraceLab() {}

  /** Skips the test when not root. */
  static TraceLab create() throws Exception {
    boolean root =
        "root".equals(System.getProperty("user.name"))
            && Files.isExecutable(Path.of("/usr/sbin/ip"));
    if (!root) {
      System.out.println("skipped: network namespaces need root and iproute2");
    }
    Assumptions.assumeTrue(root, "network namespaces need root and iproute2");
    TraceLab lab = new TraceLab();
    try {
      lab.wire();
    } catch (AssertionError e) {
      lab.close();
      throw e;
    }
    return lab;
  }

  private void wire() throws Exception {
    for (String name : List.of("pod", "node", "router", "far")) {
      run("ip netns add " + prefix + name);
      namespaces.put(name, Netns.open(Path.of("/run/netns", prefix + name)));
      in(name, "ip link set lo up");
      in(name, "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.icmp_ratelimit=0");
      in(name, "sysctl -qw net.ipv6.icmp.ratelimit=0");
    }
    link("pod", "eth0", "node", "cali1", 0, 2, 1);
    link("node", "uplink", "router", "near", 1, 1, 2);
    link("router", "downlink", "far", "eth0", 2, 1, 2);
    for (String name : List.of("node", "router")) {
      in(name, "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    }
    routes("pod", "default", "default", 0, 1);
    routes("node", "10.9.2.0/24", "fd09:0:0:2::/64", 1, 2);
    routes("router", "10.9.0.0/24", "fd09::/64", 1, 1);
    routes("far", "default", "default", 2, 1);
  }

  /** Two ends of a wire in the subnets of this number, with these host numbers. */
  private void link(
      String a, String linkOfA, String b, String linkOfB, int subnet, int hostA, int hostB) {
    String peer = "peer name " + linkOfB + " netns " + prefix + b;
    in(a, "ip link add " + linkOfA + " type veth " + peer);
    for (String[] end : new String[][] {{a, linkOfA, "" + hostA}, {b, linkOfB, "" + hostB}}) {
      in(end[0], "ip addr add 10.9." + subnet + "." + end[2] + "/24 dev " + end[1]);
      in(end[0], "ip addr add " + address6(subnet, end[2]) + "/64 dev " + end[1] + " nodad");
      in(end[0], "ip link set " + end[1] + " up");
    }
  }

  private void routes(String where, String to4, String to6, int subnet, int host) {
    in(where, "ip route add " + to4 + " via 10.9." + subnet + "." + host);
    in(where, "ip -6 route add " + to6 + " via " + address6(subnet, "" + host));
  }

  private static String address6(int subnet, String host) {
    return (subnet == 0 ? "fd09::" : "fd09:0:0:" + subnet + "::") + host;
  }

  Netns namespace(String name) {
    return namespaces.get(name);
  }

  /** Threads that live in a namespace. */
  Threads threads(String name) {
    return (threadName, work) ->
        Threads.OF_PROCESS.create(
            threadName + "-starter",
            () -> {
              try {
                namespaces
                    .get(name)
                    .call(
                        () -> {
                          Thread.currentThread().setName(threadName);
                          work.run();
                          return null;
                        });
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
  }

  /** The output of a command inside a namespace. */
  String in(String name, String command) {
    return run("ip netns exec " + prefix + name + " " + command);
  }

  static String run(String command) {
    try {
      Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes());
      assertEquals(0, process.onExit().join().exitValue(), command + ": " + output);
      return output;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    namespaces.forEach(
        (name, netns) -> {
          netns.close();
          run("ip netns del " + prefix + name);
        });
  }
}
