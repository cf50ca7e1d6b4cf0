// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * A lab of its own for one test class, by the commands of {@code margay lab}: a network namespace
 * and an agent per node, all on one bridge and one store. Several can be up at once.
 */
final class Lab implements AutoCloseable {
  /** Of any wait; no measure, so that a busy machine fails no test. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final String name = "it" + ProcessHandle.current().pid() + "x" + NUMBER.incrementAndGet();
  private final List<Pod> pods = new ArrayList<>();
  private int podCount;
  private final Path labs;
  private final String margay;

  private Lab(Path labs, Path home) {
    this.labs = labs;
    this.margay = home.resolve("bin/margay").toString();
  }

  /**
   * Starts nodes node1 .. nodeN; without root the test is skipped.
   *
   * @param families 4, 6 or 46
   */
  static Lab up(int nodes, String families) throws IOException {
    return up(nodes, families, 1);
  }

  /** As {@link #up(int, String)}, of one subnet or of two with a router between them. */
  static Lab up(int nodes, String families, int subnets) throws IOException {
    assumeRoot();
    return up(nodes, families, subnets, Files.createTempDirectory("margay-it"), Distribution.HOME);
  }

  /**
   * As {@link #up(int, String)}, with settings that differ from those of the distribution.
   *
   * @param settings the text of a file of {@code etc}, by its name
   */
  static Lab up(int nodes, String families, Map<String, String> settings) throws IOException {
    assumeRoot();
    Path labs = Files.createTempDirectory("margay-it");
    Path home = ownHome(labs);
    Shell.run("cp", "-r", Distribution.HOME.toString(), home.toString()).orFail();
    for (Map.Entry<String, String> file : settings.entrySet()) {
      Files.writeString(home.resolve("etc").resolve(file.getKey()), file.getValue());
    }
    return up(nodes, families, 1, labs, home);
  }

  /**
   * As {@link #up(int, String)}, with other options of {@code margay lab up}, and a distribution of
   * its own, whose settings may be changed.
   */
  static Lab up(String... options) throws IOException {
    return up(home -> {}, options);
  }

  /** What is done to a copy of the distribution before it is used. */
  interface Change {
    void make(Path home) throws IOException;
  }

  /** As {@link #up(String...)}, with a distribution that is changed before. */
  static Lab up(Change change, String... options) throws IOException {
    assumeRoot();
    Path labs = Files.createTempDirectory("margay-it");
    Path home = ownHome(labs);
    Shell.run("cp", "-r", Distribution.HOME.toString(), home.toString()).orFail();
    change.make(home);
    return up(labs, home, options);
  }

  private static Lab up(int nodes, String families, int subnets, Path labs, Path home)
      throws IOException {
    String[] size = {Integer.toString(nodes), Integer.toString(subnets)};
    return up(labs, home, "--nodes", size[0], "--subnets", size[1], "--families", families);
  }

  private static Lab up(Path labs, Path home, String... options) throws IOException {
    Lab lab = new Lab(labs, home);
    List<String> words = new ArrayList<>(List.of("up"));
    words.addAll(List.of(options));
    try {
      lab.run(words.toArray(String[]::new)).orFail();
      return lab;
    } catch (AssertionError e) {
      lab.close();
      throw e;
    }
  }

  private static Path ownHome(Path labs) {
    return labs.resolveSibling(labs.getFileName() + "-home");
  }

  /** A file of the settings of {@link #up(String...)}. */
  Path settings(String file) {
    return ownHome(labs).resolve("etc").resolve(file);
  }

  static void assumeRoot() throws IOException {
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
        "skipped: an agent and its network namespace need root");
  }

  /** Blocks until the condition holds. */
  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        fail("still not after " + PATIENCE.toSeconds() + " s: " + what);
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Runs {@code margay lab} for this lab. */
  Result run(String... words) {
    return run(Map.of(), words);
  }

  /** The same by another tree, such as one that nobody replaces meanwhile. */
  Result runBy(Path home, String... words) {
    String[] command = command(words);
    command[0] = home.resolve("bin/margay").toString();
    return Shell.run(Map.of("MARGAY_LAB_DIR", labs.toString()), "", command);
  }

  /** Begins a {@code margay lab} command that runs until it is stopped. */
  Process begin(String... words) throws IOException {
    return Shell.start(Map.of("MARGAY_LAB_DIR", labs.toString()), command(words));
  }

  private Result run(Map<String, String> environment, String... words) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("MARGAY_LAB_DIR", labs.toString());
    return Shell.run(all, "", command(words));
  }

  private String[] command(String... words) {
    List<String> command = new ArrayList<>(List.of(margay, "lab"));
    command.addAll(List.of(words));
    command.addAll(List.of("--name", name));
    return command.toArray(String[]::new);
  }

  // ---- nodes

  /** The namespace of a node or of a pod that {@code pod add} made. */
  String netns(String nodeOrPod) {
    return name + "-" + nodeOrPod;
  }

  NodeKernel kernel(String node) {
    return new NodeKernel(netns(node));
  }

  Path nodeState(String node) {
    return labs.resolve(name).resolve("nodes").resolve(node);
  }

  Path store() {
    return labs.resolve(name).resolve("store.db");
  }

  void kill(String node) {
    run("kill", node).orFail();
  }

  void stop(String node) {
    run("stop", node).orFail();
  }

  /** Returns when the agent is ready. */
  void start(String node) {
    run("start", node).orFail();
  }

  /**
   * As {@link #start}, of an agent of another tree.
   *
   * @param home such as a copy of the distribution without a bundle
   */
  void startOf(Path home, String node) {
    String margay = home.resolve("bin/margay").toString();
    Map<String, String> environment = Map.of("MARGAY_LAB_DIR", labs.toString());
    Shell.run(environment, "", margay, "lab", "start", node, "--name", name).orFail();
  }

  /** Stops the process of an agent for a while, as a busy machine may. */
  void delay(String node, Duration time) {
    String script = "kill -STOP \"$0\" && sleep \"$1\"; kill -CONT \"$0\"";
    String seconds = time.toMillis() / 1000.0 + "";
    Shell.run("sh", "-c", script, Long.toString(pid(node)), seconds).orFail();
  }

  /** How long the agent of a node has been running. */
  Duration uptime(String node) {
    Instant start = ProcessHandle.of(pid(node)).flatMap(p -> p.info().startInstant()).orElseThrow();
    return Duration.between(start, Instant.now());
  }

  private long pid(String node) {
    try {
      return Long.parseLong(Files.readString(labs.resolve(name).resolve(node + ".pid")).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts an agent that dies, as of kill -9, when it comes to a certain place.
   *
   * @param faultPoint such as {@code cni.add.after-assign}
   */
  void startWithFault(String node, String faultPoint) {
    startFaulty(node, faultPoint).orFail();
  }

  /** As {@link #startWithFault}, of a place that comes before the agent is ready. */
  void startToDie(String node, String faultPoint) {
    assertNotEquals(0, startFaulty(node, faultPoint).exitCode());
  }

  private Result startFaulty(String node, String faultPoint) {
    return run(Map.of("MARGAY_JAVA_OPTS", "-Dmargay.fault=" + faultPoint), "start", node);
  }

  boolean agentRuns(String node) {
    try {
      String pid = Files.readString(labs.resolve(name).resolve(node + ".pid")).strip();
      // A zombie, which only init can reap, has no command line.
      return Files.readString(Path.of("/proc", pid, "cmdline"))
          .contains(nodeState(node).toString());
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * What the kernel of a node holds once it has what the node's blocks ask for, which an ADD does
   * not wait for.
   */
  List<String> settledKernel(String node) {
    NodeKernel kernel = kernel(node);
    await(
        "the kernel holds each block of " + node,
        () -> {
          List<String> routes = kernel.blackholes();
          return documents(node, "blockaffinity").stream()
              .map(document -> document.getAsJsonObject("spec"))
              .filter(affinity -> affinity.get("node").getAsString().equals(node))
              .map(affinity -> affinity.get("cidr").getAsString())
              .allMatch(routes::contains);
        });
    return kernel.state();
  }

  /** Names of the DEL calls that wait for an agent. */
  List<String> spool(String node) {
    String[] names = nodeState(node).resolve("spool").toFile().list();
    return names == null ? List.of() : List.of(names);
  }

  /** What the agents of a node have logged since the lab is up. */
  List<String> log(String node) {
    try {
      return Files.readAllLines(labs.resolve(name).resolve(node + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs one of exec, apply, get and delete.
   *
   * @param input its standard input
   */
  Result client(String node, String input, String... words) {
    return Shell.run(Map.of(), input, clientCommand(node, words));
  }

  /** The command line of {@link #client}, for who does not wait for its end. */
  String[] clientCommand(String node, String... words) {
    List<String> command = new ArrayList<>(List.of(margay, "--state", nodeState(node).toString()));
    command.addAll(List.of(words));
    return command.toArray(String[]::new);
  }

  /** The tree of Margay that the lab runs. */
  Path home() {
    return Path.of(margay).getParent().getParent();
  }

  /** A {@code margay lab} command of this lab, for a shell. */
  String shellCommand(String... words) {
    return "MARGAY_LAB_DIR=" + labs + " " + String.join(" ", command(words));
  }

  /** Lets the agent of a node forget what nobody refers to. */
  void collectGarbage(String node) {
    Shell.run("jcmd", Long.toString(pid(node)), "GC.run").orFail();
  }

  /** The rows of a console command. */
  List<JsonObject> rows(String node, String command) {
    String json = client(node, "", "exec", command + " --json").orFail();
    return JsonParser.parseString(json).getAsJsonArray().asList().stream()
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  /** What the node says about one part of it; empty while nobody answers. */
  Optional<JsonObject> health(String node, String part) {
    // The command fails when something is down, and prints all the same.
    return client(node, "", "exec", "margay:health --json").lines().stream()
        .filter(line -> line.startsWith("{"))
        .map(line -> JsonParser.parseString(line.replaceAll(",$", "")).getAsJsonObject())
        .filter(row -> row.get("name").getAsString().equals(part))
        .findFirst();
  }

  /** The documents of a kind in the store, as an agent reads them. */
  List<JsonObject> documents(String node, String kind) {
    return client(node, "", "get", kind, "-o", "json")
        .orFail()
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  // ---- pods

  /** A pod's namespace, not attached to anything yet. */
  Pod pod(String node) {
    return pods(node, 1).get(0);
  }

  synchronized List<Pod> pods(String node, int count) {
    List<Pod> added =
        IntStream.range(podCount, podCount + count)
            .mapToObj(i -> new Pod(name + "-p" + i, nodeState(node)))
            .toList();
    pods.addAll(added);
    podCount += count;
    batch("netns add", added);
    return added;
  }

  /** Removes the namespace of a pod, attached or not, and with it the pod's link. */
  synchronized void remove(Pod pod) {
    pods.remove(pod);
    batch("netns delete", List.of(pod));
  }

  /** One process for all: 200 processes take longer than 200 namespaces. */
  private static void batch(String command, List<Pod> pods) {
    StringBuilder lines = new StringBuilder();
    pods.forEach(pod -> lines.append(command).append(' ').append(pod.netns()).append('\n'));
    Shell.run(Map.of(), lines.toString(), "ip", "-force", "-batch", "-").orFail();
  }

  // ---- the end

  /** Ends the agents and removes everything but their logs, which are kept in target/labs. */
  @Override
  public void close() throws IOException {
    Path logs = Files.createDirectories(Path.of("target", "labs", name));
    Shell.run("sh", "-c", "cp \"$0\"/*.log \"$1\"", labs.resolve(name).toString(), logs.toString());
    batch("netns delete", pods);
    run("down").orFail();
    Shell.run("rm", "-rf", labs.toString(), ownHome(labs).toString()).orFail();
  }
}
