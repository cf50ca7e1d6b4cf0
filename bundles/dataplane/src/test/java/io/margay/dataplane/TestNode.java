// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.margay.api.dataplane.Owner;
import io.margay.dataplane.KernelDataplane.Setup;
import io.margay.netlink.BpfFs;
import io.margay.netlink.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A network namespace that plays a node, its state directory, and Debian's tools to look into it.
 */
final class TestNode implements AutoCloseable {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final String name =
      "md-"
          + ProcessHandle.current().pid()
          + "-"
          + Integer.toHexString(ThreadLocalRandom.current().nextInt(1 << 20));
  private final Path state;
  private final Netns netns;
  private final List<KernelDataplane> dataplanes = new ArrayList<>();

  private TestNode() throws Exception {
    state = Files.createTempDirectory(name);
    run(List.of("ip", "netns", "add", name));
    netns = Netns.open(Path.of("/run/netns", name));
    ip("link set lo up");
  }

  /** A node without links; skips the test when not root. */
  static TestNode create() throws Exception {
    boolean root =
        "root".equals(System.getProperty("user.name"))
            && Files.isExecutable(Path.of("/usr/sbin/ip"));
    if (!root) {
      System.out.println("skipped: network namespaces need root and iproute2");
    }
    Assumptions.assumeTrue(root, "network namespaces need root and iproute2");
    return new TestNode();
  }

  /** A node with the link that {@link io.margay.testkit.DataplaneContract} wants. */
  static TestNode withUplink() throws Exception {
    TestNode node = create();
    try {
      node.ip("link add uplink type veth peer name wire");
      node.ip("link set wire up");
      node.ip("addr add 192.0.2.1/24 dev uplink");
      node.ip("addr add 2001:db8::1/64 dev uplink nodad");
      node.ip("link set uplink up");
      return node;
    } catch (AssertionError e) {
      node.close();
      throw e;
    }
  }

  /** Takes a link over from another node. */
  void adopt(TestNode other, String link) {
    other.ip("link set " + link + " netns " + name);
  }

  Setup setup() {
    return new Setup(state, 80, 90, false, 1 << 20, this::thread, Time.SYSTEM);
  }

  KernelDataplane dataplane() {
    return dataplane(setup());
  }

  KernelDataplane dataplane(Setup setup) {
    KernelDataplane dataplane = new KernelDataplane(setup);
    dataplanes.add(dataplane);
    return dataplane;
  }

  Netns netns() {
    return netns;
  }

  /** The output of {@code ip} inside the node. */
  String ip(String arguments) {
    return tool("ip", arguments);
  }

  /** The output of {@code ip} or {@code bridge} inside the node. */
  String tool(String tool, String arguments) {
    List<String> words = new ArrayList<>(List.of(tool, "-n", name));
    words.addAll(List.of(arguments.split(" ")));
    return run(words);
  }

  /** The output of any command inside the node. */
  String exec(String command) {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", name));
    words.addAll(List.of(command.split(" ")));
    return run(words);
  }

  /** Runs a command inside the node; returns its exit code. */
  int attempt(String command) {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", name));
    words.addAll(List.of(command.split(" ")));
    ProcessBuilder process = new ProcessBuilder(words);
    process.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    try {
      return process.start().onExit().join().exitValue();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits until something that the kernel and the dataplane bring about by themselves is so. */
  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        fail("never: " + what);
      }
      Thread.onSpinWait();
    }
  }

  /** Returns after a step of the kernel thread that began after this call. */
  static void barrier(KernelDataplane dataplane) {
    dataplane.settled(Owner.EXTERNAL).toCompletableFuture().join();
  }

  private Thread thread(String threadName, Runnable work) {
    Runnable inside =
        () -> {
          try {
            netns.call(
                () -> {
                  Thread.currentThread().setName(threadName);
                  work.run();
                  return null;
                });
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        };
    return Threads.OF_PROCESS.create(threadName + "-starter", inside);
  }

  private static String run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes());
      int status = process.onExit().join().exitValue();
      assertEquals(0, status, String.join(" ", command) + ": " + output);
      return output;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    dataplanes.forEach(KernelDataplane::close);
    netns.close();
    run(List.of("ip", "netns", "del", name));
    Path bpf = state.resolve("bpf");
    if (BpfFs.isMounted(bpf)) {
      run(List.of("umount", bpf.toString()));
    }
    try (Stream<Path> files = Files.walk(state)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
