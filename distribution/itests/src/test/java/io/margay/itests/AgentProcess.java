// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** One run of {@code margay agent}. */
final class AgentProcess implements AutoCloseable {
  /** How a run ended: its exit code and what it printed. */
  record Ended(int exitCode, String output) {}

  private final Process process;

  private AgentProcess(Process process) {
    this.process = process;
  }

  static AgentProcess start(Path home, String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of(home.resolve("bin/margay").toString(), "agent"));
    command.addAll(List.of(options));
    return start(command);
  }

  static AgentProcess start(List<String> command) throws IOException {
    return new AgentProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** Blocks until a line of the output contains the text. */
  AgentProcess await(String text) throws IOException {
    List<String> seen = new ArrayList<>();
    var reader = process.inputReader();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      seen.add(line);
      if (line.contains(text)) {
        return this;
      }
    }
    throw new AssertionError("agent ended before it said \"" + text + "\": " + seen);
  }

  /** SIGTERM. By the handle: {@code Process.destroy()} would also close the output. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Blocks until the process has ended by itself. */
  Ended end() throws IOException, InterruptedException {
    String output = process.inputReader().lines().collect(Collectors.joining("\n"));
    return new Ended(process.waitFor(), output);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
