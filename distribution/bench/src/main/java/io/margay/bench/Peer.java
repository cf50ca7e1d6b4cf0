// SPDX-License-Identifier: Apache-2.0
package io.margay.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The other side: {@code ip -batch}, run and timed by a script inside a network namespace. Entering
 * that, and forking a process of our size, would be measured along.
 */
final class Peer implements AutoCloseable {
  private final Process process;
  private final Writer questions;
  private final BufferedReader answers;

  private Peer(Process process) {
    this.process = process;
    this.questions = process.outputWriter(StandardCharsets.UTF_8);
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static Peer start(Path script, String netns) throws IOException {
    return new Peer(
        new ProcessBuilder("ip", "netns", "exec", netns, "bash", script.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Has the first batch written, times the second, and removes the routes. Blocks. */
  Cost round(Path before, Path batch) throws IOException {
    questions.write(before + " " + batch + "\n");
    questions.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("ip -batch " + batch + " failed");
    }
    String[] words = answer.split(" ");
    return new Cost(Double.parseDouble(words[0]), Double.parseDouble(words[1]));
  }

  @Override
  public void close() {
    process.destroy();
  }
}
