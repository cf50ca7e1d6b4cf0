// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The process of a daemon: started, killed, and its files. */
final class DaemonProcess {
  private final TestNet net;
  private final Path directory;
  private Process process;

  DaemonProcess(TestNet net, String name) {
    this.net = net;
    this.directory = net.directory(name);
  }

  Path directory() {
    return directory;
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  void write(String name, String text) {
    try {
      Files.writeString(file(name), text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Starts it and waits until it answers; fails with what it printed when it ends before. */
  void start(BooleanSupplier answers, List<String> command) {
    process = net.start(file("log"), command);
    Await.until(
        command.get(0) + " answers",
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError(String.join(" ", command) + " ended:\n" + log());
          }
          return answers.getAsBoolean();
        },
        this::log);
  }

  /** Sends SIGKILL; returns when the process is gone. */
  void kill() {
    if (process != null) {
      process.destroyForcibly().onExit().join();
    }
  }

  void signal(String name) {
    run(List.of("kill", "-" + name, Long.toString(process.pid())));
  }

  boolean isRunning() {
    return process != null && process.isAlive();
  }

  TestNet.Result attempt(List<String> command) {
    return net.exec(command);
  }

  /** The output of a command that must succeed. */
  String run(List<String> command) {
    TestNet.Result result = net.exec(command);
    if (result.exitCode() != 0) {
      throw new AssertionError(String.join(" ", command) + ": " + result.output() + "\n" + log());
    }
    return result.output();
  }

  String log() {
    try {
      return Files.readString(file("log"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
