// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Runs the tools that the checks need. */
final class Shell {
  private Shell() {}

  /**
   * Runs a command to its end and returns its standard output.
   *
   * @throws IOException when it fails, with what it says
   */
  static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
    return output;
  }
}
