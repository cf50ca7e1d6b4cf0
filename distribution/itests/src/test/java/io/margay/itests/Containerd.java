// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Debian's containerd for one node of a lab: in its network namespace, with files of its own, and
 * with a CNI network that calls the node's agent.
 */
final class Containerd implements AutoCloseable {
  private final Lab lab;
  private final String node;

  /** Short: sockets are in it, and their names have 107 bytes. */
  private final Path files;

  private final List<Container> containers = new ArrayList<>();
  private final Process daemon;

  private Containerd(Lab lab, String node, Path files) throws IOException {
    this.lab = lab;
    this.node = node;
    this.files = files;
    Files.createDirectories(network());
    Files.createDirectories(plugins());
    Files.createDirectories(files.resolve("cache"));
    Path relay = Distribution.HOME.resolve("bin/margay-cni");
    Files.copy(relay, plugins().resolve("margay-cni"));
    Files.writeString(
        plugins().resolve("margay-cni.conf"),
        "socket=" + lab.nodeState(node).resolve("run/cni.sock") + "\n");
    Files.createSymbolicLink(plugins().resolve("loopback"), Path.of("/usr/lib/cni/loopback"));
    Files.writeString(
        network().resolve("10-margay.conflist"),
        """
        {"cniVersion": "1.0.0", "name": "%s", "plugins": [{"type": "margay-cni"}]}
        """
            .formatted(Pod.NETWORK));
    Files.writeString(files.resolve("config.toml"), config());
    ProcessBuilder builder =
        new ProcessBuilder(
            "nsenter",
            "--net=/run/netns/" + lab.netns(node), // "ip netns exec" would hide /sys/fs/cgroup
            "containerd",
            "--config",
            files.resolve("config.toml").toString());
    builder.redirectErrorStream(true).redirectOutput(files.resolve("log").toFile());
    this.daemon = builder.start();
  }

  /** Starts it and imports {@link BusyboxImage}. */
  static Containerd on(Lab lab, String node) throws IOException {
    Containerd containerd = new Containerd(lab, node, Files.createTempDirectory("mcd"));
    try {
      containerd.begin();
      return containerd;
    } catch (AssertionError e) {
      containerd.close();
      throw e;
    }
  }

  private void begin() throws IOException {
    Lab.await(
        "containerd answers",
        () -> {
          assertTrue(daemon.isAlive(), () -> read(files.resolve("log")));
          return ctr("version").exitCode() == 0;
        });
    Path image = BusyboxImage.writeTo(Files.createDirectory(files.resolve("image")));
    ctr("image", "import", image.toString()).orFail();
    ctr("-n", "k8s.io", "image", "import", image.toString()).orFail();
  }

  private String config() {
    return """
    version = 2
    root = "%1$s/root"
    state = "%1$s/state"
    [grpc]
      address = "%1$s/sock"
    [plugins."io.containerd.internal.v1.opt"]
      path = "%1$s/opt"
    [plugins."io.containerd.grpc.v1.cri"]
      restrict_oom_score_adj = true
      disable_apparmor = true
      netns_mounts_under_state_dir = true
      sandbox_image = "%2$s"
      [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = "%3$s"
        conf_dir = "%4$s"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
          SystemdCgroup = false
    """
        .formatted(files, BusyboxImage.NAME, plugins(), network());
  }

  Path socket() {
    return files.resolve("sock");
  }

  private Path plugins() {
    return files.resolve("bin");
  }

  private Path network() {
    return files.resolve("net.d");
  }

  /** The cgroup below which all containers are: also the namespace of those that ctr makes. */
  String cgroup() {
    return files.getFileName().toString();
  }

  Result ctr(String... words) {
    return Shell.run(ctrCommand(words));
  }

  /** In mount and network namespaces where ctr, which asks nobody, finds our network. */
  private String[] ctrCommand(String... words) {
    String script =
        """
        for d in etc opt var; do mount -t tmpfs none /$d || exit; done
        mkdir -p /etc/cni /opt/cni /var/lib
        ln -s "$0/net.d" /etc/cni/net.d
        ln -s "$0/bin" /opt/cni/bin
        ln -s "$0/cache" /var/lib/cni
        exec ctr --address "$0/sock" "$@"
        """;
    List<String> command = new ArrayList<>();
    command.addAll(List.of("nsenter", "--net=/run/netns/" + lab.netns(node)));
    command.addAll(List.of("unshare", "--mount", "sh", "-c", script, files.toString()));
    if (!words[0].equals("-n")) {
      command.addAll(List.of("-n", cgroup()));
    }
    command.addAll(List.of(words));
    return command.toArray(String[]::new);
  }

  // ---- containers of ctr

  /** Starts a container by {@code ctr run --cni}; returns when it runs. */
  Container run(String name) throws IOException {
    Process ctr =
        Shell.start(Map.of(), ctrCommand("run", "--rm", "--cni", BusyboxImage.NAME, name));
    Container container = new Container(this, name, ctr);
    containers.add(container);
    Lab.await(
        name + " runs",
        () -> {
          assertTrue(ctr.isAlive(), () -> output(ctr));
          return state(name).equals("RUNNING");
        });
    return container;
  }

  /** Such as RUNNING; empty when there is no process. */
  private String state(String name) {
    return ctr("tasks", "ls").lines().stream()
        .map(line -> line.split("\\s+"))
        .filter(words -> words[0].equals(name))
        .map(words -> words[2])
        .findFirst()
        .orElse("");
  }

  long pid(String name) {
    return ctr("tasks", "ls").lines().stream()
        .map(line -> line.split("\\s+"))
        .filter(words -> words[0].equals(name))
        .mapToLong(words -> Long.parseLong(words[1]))
        .findFirst()
        .orElseThrow();
  }

  // ---- the end

  /** Ends all containers, then containerd; no process, mount or cgroup stays. */
  @Override
  public void close() throws IOException {
    for (Container container : containers) {
      container.kill();
    }
    // What is left is of a test that failed.
    ours().filter(p -> !p.equals(daemon.toHandle())).forEach(Containerd::destroyTree);
    daemon.destroy();
    Lab.await("containerd ends", () -> ours().findAny().isEmpty());
    mounts().forEach(mount -> Shell.run("umount", "--lazy", mount).orFail());
    String cgroups = "find /sys/fs/cgroup -depth -type d -path \"*/$0*\" -exec rmdir {} +";
    Shell.run("sh", "-c", cgroups, cgroup()).orFail();
    Files.deleteIfExists(Path.of("/run/containerd/runc", cgroup()));
    Path logs = Files.createDirectories(Path.of("target", "labs", "containerd"));
    Shell.run("cp", files.resolve("log").toString(), logs.resolve(cgroup() + ".log").toString());
    Shell.run("rm", "-rf", files.toString()).orFail();
  }

  /** The daemon and the shims: they have our files in their arguments. */
  private Stream<ProcessHandle> ours() {
    return ProcessHandle.allProcesses()
        .filter(
            p ->
                p.info().arguments().map(List::of).orElse(List.of()).stream()
                    .anyMatch(argument -> argument.startsWith(files + "/")));
  }

  private static void destroyTree(ProcessHandle process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** The innermost first. */
  private List<String> mounts() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
        .map(line -> line.split(" ")[1])
        .filter(mount -> mount.startsWith(files + "/"))
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  private static String read(Path file) {
    return Shell.run("cat", file.toString()).output();
  }

  private static String output(Process ended) {
    try {
      return Shell.end(ended).output();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
