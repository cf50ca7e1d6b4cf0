// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.api.mode.Plan;
import io.margay.api.node.NodeProperties;
import io.margay.dataplane.KernelDataplane;
import io.margay.netlink.BpfFs;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.Netns;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.osgi.framework.BundleContext;

/** A namespace that plays a node, with a dataplane, and one that plays a pod of it. */
final class KernelNode implements AutoCloseable {
  private static final Owner MODE = Owner.mode("ipip");
  private static final Owner POOL = Owner.pool("pool");
  private static final String HOST_MAC = "ee:ee:ee:ee:ee:ee";

  private final String name =
      "mi-"
          + ProcessHandle.current().pid()
          + "-"
          + Integer.toHexString(ThreadLocalRandom.current().nextInt(1 << 20));
  private final Path state;
  private KernelDataplane dataplane;

  private KernelNode() throws Exception {
    state = Files.createTempDirectory(name);
    run("ip", "netns", "add", name);
    run("ip", "netns", "add", pod());
    exec("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0");
    dataplane = openDataplane();
  }

  /** A node without an uplink; skips the test when not root. */
  static KernelNode create() throws Exception {
    boolean root =
        "root".equals(System.getProperty("user.name"))
            && Files.isExecutable(Path.of("/usr/sbin/ip"));
    if (!root) {
      System.out.println("skipped: network namespaces need root and iproute2");
    }
    Assumptions.assumeTrue(root, "network namespaces need root and iproute2");
    return new KernelNode();
  }

  /** Connects a link of this node with {@code eth0} of another. */
  void connect(String link, KernelNode other) {
    ip("link add " + link + " type veth peer eth0 netns " + other.name);
  }

  private String pod() {
    return name + "-pod";
  }

  void uplink(String address) {
    ip("addr add " + address + " dev eth0");
    ip("link set eth0 up");
  }

  /** Attaches the pod as {@code WorkloadPlumber} does. */
  void attachPod(String address) {
    ip("link add cali0 address " + HOST_MAC + " type veth peer eth0 netns " + pod());
    ip("link set cali0 up");
    podExec("ip link set eth0 up");
    podExec("ip addr add " + address + "/32 dev eth0");
    podExec("ip neigh add 169.254.1.1 lladdr " + HOST_MAC + " dev eth0 nud permanent");
    podExec("ip route add default via 169.254.1.1 dev eth0 onlink");
    ip("route add " + address + " dev cali0");
  }

  /** Puts a plan into the kernel, what receives before what sends. */
  void apply(Plan plan) throws Exception {
    declare(MODE, DesiredState.of(plan.standing()));
    List<KernelObject> routes = new ArrayList<>();
    plan.sendings().values().forEach(s -> routes.add(s.route()));
    declare(POOL, DesiredState.of(routes));
  }

  void declare(Owner owner, DesiredState desired) throws Exception {
    dataplane.declare(owner, desired, new Cause("test"));
    dataplane.settled(owner).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  KernelDataplane dataplane() {
    return dataplane;
  }

  void restartDataplane() throws Exception {
    dataplane.close();
    dataplane = openDataplane();
  }

  /** Threads live in the namespace of the thread that starts them. */
  private KernelDataplane openDataplane() throws Exception {
    KernelDataplane.Config config =
        proxy(KernelDataplane.Config.class, (proxy, method, arguments) -> method.getDefaultValue());
    BundleContext context =
        proxy(
            BundleContext.class,
            (proxy, method, arguments) -> {
              assertEquals("getProperty", method.getName());
              assertEquals(NodeProperties.STATE, arguments[0]);
              return state.toString();
            });
    try (Netns netns = Netns.open(Path.of("/run/netns", name))) {
      return netns.call(() -> new KernelDataplane(config, context));
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  String ip(String arguments) {
    return exec("ip " + arguments);
  }

  /** The output of a command in the node's namespace that must succeed. */
  String exec(String command) {
    return run(inside(name, command.split(" ")));
  }

  /** As {@link #exec}, in the pod's namespace. */
  String podExec(String command) {
    return run(inside(pod(), command.split(" ")));
  }

  /** Like {@link #podExec}, for a command that may fail. */
  String podTry(String command) throws IOException {
    Process process =
        new ProcessBuilder(inside(pod(), command.split(" "))).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes());
  }

  /** Records packets that the filter lets through on the uplink. */
  Capture capture(int packets, String filter) throws IOException {
    return Capture.start(name, packets, filter);
  }

  /** Records packets that the filter lets through at the pod. */
  Capture podCapture(int packets, String filter) throws IOException {
    return Capture.start(pod(), packets, filter);
  }

  /** Runs something on a thread in the pod's namespace; its sockets are there. */
  <T> CompletableFuture<T> inPod(Netns.Work<T> work) {
    return start(pod(), work);
  }

  /** Like {@link #inPod}, in the node's namespace. */
  <T> CompletableFuture<T> inNode(Netns.Work<T> work) {
    return start(name, work);
  }

  private static <T> CompletableFuture<T> start(String namespace, Netns.Work<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Runnable inside =
        () -> {
          try (Netns netns = Netns.open(Path.of("/run/netns", namespace))) {
            result.complete(netns.call(work));
          } catch (IOException | NetlinkException | RuntimeException e) {
            result.completeExceptionally(e);
          }
        };
    Thread thread = new Thread(inside, "in-" + namespace);
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  /** Names of what the dataplane has pinned. */
  List<String> pins() throws IOException {
    try (Stream<Path> files = Files.walk(state.resolve("bpf"))) {
      return files
          .filter(Files::isRegularFile)
          .map(Path::toString)
          .filter(file -> !file.endsWith(".debug")) // The kernel's own.
          .toList();
    }
  }

  private static String[] inside(String netns, String[] command) {
    return Stream.concat(Stream.of("nsenter", "--net=/run/netns/" + netns), Stream.of(command))
        .toArray(String[]::new);
  }

  private static String run(String... command) {
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
    dataplane.close();
    Path bpf = state.resolve("bpf");
    if (BpfFs.isMounted(bpf)) {
      run("umount", bpf.toString());
    }
    run("ip", "netns", "del", name);
    run("ip", "netns", "del", pod());
    try (Stream<Path> files = Files.walk(state)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
