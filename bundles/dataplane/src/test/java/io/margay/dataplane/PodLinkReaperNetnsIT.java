// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.netlink.LinkMessage;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Netns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Links deleted one by one and many at a time. */
class PodLinkReaperNetnsIT {
  private static final int LINKS = 40;

  private final String name = "plr-%05x".formatted(ThreadLocalRandom.current().nextInt(1 << 20));
  private final PodLinkReaper reaper = new PodLinkReaper();
  private final ExecutorService threads = Executors.newFixedThreadPool(LINKS);

  @BeforeEach
  void createNamespace() throws Exception {
    boolean root =
        "root".equals(System.getProperty("user.name"))
            && Files.isExecutable(Path.of("/usr/sbin/ip"));
    if (!root) {
      System.out.println("skipped: network namespaces need root and iproute2");
    }
    Assumptions.assumeTrue(root, "network namespaces need root and iproute2");
    run("ip", "netns", "add", name);
  }

  @AfterEach
  void removeNamespace() throws Exception {
    threads.shutdownNow();
    reaper.close();
    if (Files.exists(Path.of("/run/netns", name))) {
      run("ip", "netns", "del", name);
    }
  }

  @Test
  void deletesTheLinksOfAllCallersAndNoOther() throws Exception {
    run("ip", "-n", name, "link", "add", "other", "type", "bridge");
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < LINKS; i++) {
      run("ip", "-n", name, "link", "add", "l" + i, "type", "veth", "peer", "name", "p" + i);
      indices.add(index("l" + i));
    }

    List<Future<Integer>> gone = new ArrayList<>();
    for (int index : indices) {
      gone.add(threads.submit(() -> delete(index)));
    }
    for (Future<Integer> each : gone) {
      each.get();
    }

    assertEquals(List.of("lo", "other"), links());
  }

  @Test
  void takesLinksThatAreGoneAlreadyForDeleted() throws Exception {
    run("ip", "-n", name, "link", "add", "l0", "type", "veth", "peer", "name", "p0");
    int index = index("l0");

    delete(index);
    delete(index);
    List<Future<Integer>> again = new ArrayList<>();
    for (int i = 0; i < LINKS; i++) {
      again.add(threads.submit(() -> delete(index)));
    }
    for (Future<Integer> each : again) {
      each.get();
    }

    assertEquals(List.of("lo"), links());
  }

  private int delete(int index) throws Exception {
    return inNamespace(
        () -> {
          reaper.delete(index);
          return index;
        });
  }

  private int index(String link) throws Exception {
    return inNamespace(
        () -> {
          try (NetlinkSocket socket = NetlinkSocket.open()) {
            return socket.link(link).orElseThrow().index();
          }
        });
  }

  private List<String> links() throws Exception {
    return inNamespace(
        () -> {
          try (NetlinkSocket socket = NetlinkSocket.open()) {
            return socket.links().stream().map(LinkMessage::name).sorted().toList();
          }
        });
  }

  private <T> T inNamespace(Netns.Work<T> work) throws Exception {
    try (Netns namespace = Netns.open(Path.of("/run/netns", name))) {
      return namespace.call(work);
    }
  }

  private static void run(String... command) throws Exception {
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    assertEquals(0, status, String.join(" ", command));
  }
}
