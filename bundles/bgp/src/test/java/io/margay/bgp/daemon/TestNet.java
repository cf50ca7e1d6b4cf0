// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import io.margay.api.net.Ip;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A network namespace in which speakers number 1 to 254 meet, each on addresses of its own, and a
 * directory for their files.
 */
public final class TestNet implements AutoCloseable {
  /** How a command ended. */
  record Result(int exitCode, String output) {}

  private final String name =
      "mbgp-"
          + ProcessHandle.current().pid()
          + "-"
          + Integer.toHexString(ThreadLocalRandom.current().nextInt(1 << 20));
  private final Path directory;

  private TestNet() throws IOException {
    directory = Files.createTempDirectory(name);
    // FRR is no longer root when it comes to its files.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    run("ip", "netns", "add", name);
    run("ip", "-n", name, "link", "set", "lo", "up");
  }

  /** Skips the test when not root, or when a tool is not installed. */
  public static TestNet create(Path... tools) throws IOException {
    boolean isRoot = "root".equals(System.getProperty("user.name"));
    require(isRoot, "network namespaces need root");
    for (Path tool : tools) {
      require(Files.isExecutable(tool), tool + " is not installed");
    }
    return new TestNet();
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      System.out.println("skipped: " + otherwise);
    }
    Assumptions.assumeTrue(condition, otherwise);
  }

  public static InetAddress ipv4(int number) {
    return Ip.parse("192.0.2." + number);
  }

  public static InetAddress ipv6(int number) {
    return Ip.parse("2001:db8::" + Integer.toHexString(number));
  }

  static String text(InetAddress address) {
    return Ip.text(address);
  }

  /** The namespace's file. */
  public Path path() {
    return Path.of("/run/netns", name);
  }

  /** Gives a speaker its addresses. */
  public void add(int number) {
    run("ip", "-n", name, "addr", "replace", text(ipv4(number)) + "/32", "dev", "lo");
    run("ip", "-n", name, "addr", "replace", text(ipv6(number)) + "/128", "dev", "lo", "nodad");
  }

  /** A new directory for a speaker's files. */
  Path directory(String prefix) {
    try {
      return Files.createTempDirectory(directory, prefix);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Starts a process in the namespace; what it prints goes to a file. */
  Process start(Path log, List<String> command) {
    try {
      return new ProcessBuilder(inside(command))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
          .start();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A counter of the namespace, such as {@code TcpExtTCPMD5Failure}. */
  public long counter(String counter) {
    for (String line : exec(List.of("nstat", "-asz", counter)).output.lines().toList()) {
      if (line.startsWith(counter)) {
        return Long.parseLong(line.split("\\s+")[1]);
      }
    }
    throw new AssertionError("no counter " + counter);
  }

  /** Runs a command in the namespace to its end. */
  Result exec(List<String> command) {
    return attempt(inside(command));
  }

  private List<String> inside(List<String> command) {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", name));
    words.addAll(command);
    return words;
  }

  private static void run(String... command) {
    Result result = attempt(List.of(command));
    if (result.exitCode != 0) {
      throw new AssertionError(String.join(" ", command) + ": " + result.output);
    }
  }

  private static Result attempt(List<String> command) {
    List<String> words = new ArrayList<>(List.of("timeout", "--kill-after=5", "30"));
    words.addAll(command);
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes());
      return new Result(process.onExit().join().exitValue(), output);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    run("ip", "netns", "del", name);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
