// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Assumptions;

/** A network namespace of one test, with Debian's tools to look into it. */
final class TestNetns implements AutoCloseable {
  private final String name =
      "mt-"
          + ProcessHandle.current().pid()
          + "-"
          + Integer.toHexString(ThreadLocalRandom.current().nextInt(1 << 20));
  private final Netns netns;

  private TestNetns() throws Exception {
    run(List.of("ip", "netns", "add", name));
    netns = Netns.open(path());
  }

  static TestNetns create() throws Exception {
    boolean root =
        "root".equals(System.getProperty("user.name"))
            && Files.isExecutable(Path.of("/usr/sbin/ip"));
    if (!root) {
      System.out.println("skipped: network namespaces need root and iproute2");
    }
    Assumptions.assumeTrue(root, "network namespaces need root and iproute2");
    return new TestNetns();
  }

  Path path() {
    return Path.of("/run/netns", name);
  }

  Netns netns() {
    return netns;
  }

  NetlinkSocket socket() throws Exception {
    return netns.call(NetlinkSocket::open);
  }

  /** The output of a command inside the namespace, lines stripped. */
  String exec(String command) throws Exception {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", name));
    words.addAll(List.of(command.split(" ")));
    return run(words);
  }

  private static String run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.onExit().join().exitValue(), String.join(" ", command) + ": " + output);
    return output.lines().map(String::strip).reduce((a, b) -> a + "\n" + b).orElse("");
  }

  @Override
  public void close() throws IOException {
    netns.close();
    run(List.of("ip", "netns", "del", name));
  }
}
