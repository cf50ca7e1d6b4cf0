// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Runs the tools that the checks need. */
final class Shell {
  /** A tool says no: for a check, the kernel is not as the plugin told. */
  static final class Refusal extends IOException {
    private static final long serialVersionUID = 1L;

    private Refusal(String message) {
      super(message);
    }
  }

  private Shell() {}

  /**
   * Runs a command to its end and returns its standard output.
   *
   * @throws Refusal when it fails, with what it says
   */
  static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new Refusal(String.join(" ", command) + ": " + output);
    }
    return output;
  }
}
