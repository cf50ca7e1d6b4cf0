// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs commands as an operator would. */
final class Shell {
  /** A command that hangs fails its test instead of the build. */
  private static final List<String> LIMIT = List.of("timeout", "--kill-after=5", "120");

  /** How a command ended. */
  record Result(int exitCode, String output) {
    /** The output of a command that must succeed. */
    String orFail() {
      if (exitCode != 0) {
        throw new AssertionError("exit " + exitCode + ": " + output);
      }
      return output;
    }

    List<String> lines() {
      return output.lines().toList();
    }
  }

  private Shell() {}

  static Result run(String... command) {
    return run(Map.of(), "", command);
  }

  /**
   * Runs a command to its end.
   *
   * @param input what it reads from its standard input
   */
  static Result run(Map<String, String> environment, String input, String... command) {
    String[] limited = Stream.concat(LIMIT.stream(), Stream.of(command)).toArray(String[]::new);
    try {
      Process process = start(environment, limited);
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It ended without reading; what it says tells why.
      }
      return end(process);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(String.join(" ", command), e);
    }
  }

  static Process start(Map<String, String> environment, String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Blocks until the process has ended by itself. */
  static Result end(Process process) throws IOException, InterruptedException {
    String output = process.inputReader().lines().collect(Collectors.joining("\n"));
    return new Result(process.waitFor(), output);
  }
}
