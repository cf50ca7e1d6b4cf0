// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Runs commands as an operator would. */
final class Shell {
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

  static Result run(String... command) throws IOException, InterruptedException {
    return end(start(Map.of(), command));
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
