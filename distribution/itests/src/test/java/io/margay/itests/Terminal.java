// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A command at a terminal of its own, made by script(1) of util-linux. */
final class Terminal implements AutoCloseable {
  private final Process process;
  private final Path screen;
  private int seen;

  /** Of 100 columns; what is printed goes to a file in this folder. */
  Terminal(Path folder, String... command) throws IOException {
    screen = Files.createTempFile(folder, "screen", "");
    String line =
        List.of(command).stream()
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    ProcessBuilder builder =
        new ProcessBuilder(
            "script",
            "-qfec",
            "stty cols 100 rows 30; echo TTY=$(tty)=; exec " + line,
            "/dev/null");
    builder.environment().put("TERM", "xterm");
    process = builder.redirectErrorStream(true).redirectOutput(screen.toFile()).start();
  }

  /** Types; a carriage return is the return key. */
  void type(String keys) throws IOException {
    process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** Waits until this is printed, and returns what was printed before it since the last time. */
  String await(String text) {
    Lab.await("\"" + text + "\" on the screen", () -> printed().indexOf(text, seen) >= 0);
    String printed = printed();
    int at = printed.indexOf(text, seen);
    String before = printed.substring(seen, at);
    seen = at + text.length();
    return before;
  }

  /** The device of the terminal. */
  String device() {
    await("TTY=");
    return await("=");
  }

  int exitCode() throws InterruptedException {
    return process.waitFor();
  }

  /** Without the sequences that move the cursor. */
  private String printed() {
    try {
      return Files.readString(screen).replaceAll("\033(\\[[0-9;?]*[A-Za-z]|[=>])", "");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
