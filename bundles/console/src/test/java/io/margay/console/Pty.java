// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A shell command at a terminal of its own, made by script(1) of util-linux. */
final class Pty implements AutoCloseable {
  private static final Path SCRIPT = Path.of("/usr/bin/script");
  private static final Pattern CONTROL = Pattern.compile("\033(\\[[0-9;?]*[A-Za-ln-z]|[=>])");
  private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Process process;
  private final StringBuilder screen = new StringBuilder();
  private int seen;
  private boolean ended;

  Pty(String command) throws IOException {
    assumeTrue(Files.isExecutable(SCRIPT), "skipped: " + SCRIPT + " is not there");
    ProcessBuilder builder = new ProcessBuilder(SCRIPT.toString(), "-qfec", command, "/dev/null");
    builder.environment().put("TERM", "xterm");
    this.process = builder.redirectErrorStream(true).start();
    Thread reader = new Thread(this::read, "pty");
    reader.setDaemon(true);
    reader.start();
  }

  /** Types; a carriage return is the return key. */
  void type(String keys) throws IOException {
    process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** Waits until this text is printed, and returns what was printed before it. */
  synchronized String await(String text) throws InterruptedException {
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    while (printed().indexOf(text, seen) < 0) {
      long left = deadline - System.nanoTime();
      if (left <= 0 || ended) {
        throw new AssertionError("not printed: " + text + "\n" + printed().substring(seen));
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    int at = printed().indexOf(text, seen);
    String before = printed().substring(seen, at);
    seen = at + text.length();
    return before;
  }

  /** Without the sequences that only move the cursor or switch modes; colours stay. */
  private String printed() {
    return CONTROL.matcher(screen).replaceAll("");
  }

  @Override
  public void close() {
    process.destroy();
  }

  private void read() {
    byte[] bytes = new byte[4096];
    try (InputStream in = process.getInputStream()) {
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        append(new String(bytes, 0, count, StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      append("\n(" + e + ")\n"); // The terminal is gone; a test that waits for more says so.
    }
    end();
  }

  private synchronized void append(String text) {
    screen.append(text);
    notifyAll();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }
}
