// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Traffic between all pods of a lab, by {@code margay lab loss}, until it is asked for losses. */
final class Loss implements AutoCloseable {
  /** Sockets overflowed: the machine was too busy to tell what the network does. */
  static final class Invalid extends AssertionError {
    private static final long serialVersionUID = 1;

    private Invalid(String table) {
      super(table);
    }
  }

  /** Something under traffic, from the beginning. */
  @FunctionalInterface
  interface Run {
    void run() throws Exception;
  }

  private static final int RUNS = 3;

  private final Process process;
  private final Path directory;

  private Loss(Process process, Path directory) {
    this.process = process;
    this.directory = directory;
  }

  /** Repeats a run while it is invalid, at most twice. */
  static void untilValid(Run run) throws Exception {
    for (int i = 1; true; i++) {
      try {
        run.run();
        return;
      } catch (Invalid e) {
        if (i == RUNS) {
          throw e;
        }
      }
    }
  }

  /**
   * Returns when packets are counted.
   *
   * @param pps packets per second in all
   */
  static Loss in(Lab lab, int pps) throws IOException {
    return in(lab, pps, List.of());
  }

  /**
   * As {@link #in(Lab, int)}, between some nodes only.
   *
   * @param nodes none: all
   */
  static Loss in(Lab lab, int pps, List<String> nodes) throws IOException {
    Path directory = Files.createTempDirectory("margay-loss");
    List<String> words = new ArrayList<>(List.of("loss"));
    words.addAll(options(directory, pps));
    if (!nodes.isEmpty()) {
      words.addAll(List.of("--nodes", String.join(",", nodes)));
    }
    return running(lab.begin(words.toArray(String[]::new)), directory);
  }

  /**
   * As {@link #in(Lab, int)}, to an IPv4 address from one network namespace: packets, 2,000 a
   * second, and a connection.
   *
   * @param near path of a network namespace
   * @param far path of the one that has the address
   */
  static Loss between(String near, String far, String address) throws IOException {
    Path directory = Files.createTempDirectory("margay-loss");
    String flow = " pods near far " + near + " " + far + " " + address + "\n";
    Path flows = Files.writeString(directory.resolve("flows"), "udp" + flow + "tcp" + flow);
    List<String> command = new ArrayList<>();
    command.addAll(List.of("sh", "-c", "exec \"$@\" < \"$0\"", flows.toString()));
    command.add(Distribution.HOME.resolve("libexec/margay-loss").toString());
    command.addAll(options(directory, 2000));
    return running(Shell.start(Map.of(), command.toArray(String[]::new)), directory);
  }

  private static List<String> options(Path directory, int pps) {
    String progress = directory.resolve("progress").toString();
    String report = directory.resolve("report").toString();
    String rate = Integer.toString(pps);
    return List.of("--seconds", "0", "--pps", rate, "--progress", progress, "--json", report);
  }

  private static Loss running(Process process, Path directory) {
    Path progress = directory.resolve("progress");
    Lab.await(
        "packets are counted",
        () -> {
          assertTrue(process.isAlive(), "margay-loss ended");
          return Files.exists(progress);
        });
    return new Loss(process, directory);
  }

  /** Ends the traffic. */
  void assertNone() throws Exception {
    Report report = end();
    if (report.text("verdict").equals("invalid")) {
      throw new Invalid(report.table());
    }
    assertEquals("ok", report.text("verdict"), report.table());
  }

  /** Ends the traffic, of which packets may have been lost, but no connection. */
  void assertConnected() throws Exception {
    Report report = end();
    assertEquals("0", report.text("resets"), report.table());
    assertEquals("0", report.text("stalled"), report.table());
  }

  private record Report(JsonObject json, String table) {
    String text(String field) {
      return json.get(field).getAsString();
    }
  }

  private Report end() throws Exception {
    process.toHandle().destroy();
    String table = Shell.end(process).output();
    JsonObject json =
        JsonParser.parseString(Files.readString(directory.resolve("report"))).getAsJsonObject();
    assertTrue(json.get("sent").getAsLong() > 1000, table);
    return new Report(json, table);
  }

  @Override
  public void close() throws IOException {
    process.toHandle().destroy();
    Shell.run("rm", "-rf", directory.toString());
  }
}
