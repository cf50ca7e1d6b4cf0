// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The executable under test, run in one network namespace as a container runtime runs it. May be
 * called on any thread; blocks until the plugin has ended.
 */
final class Plugin {
  /** What a crashed Go, Java or Python program leaves behind. */
  private static final Pattern CRASH =
      Pattern.compile(
          "(?m)^(panic: |fatal error: |goroutine \\d+ \\[|Exception in thread|Traceback )");

  /** A shell or nsenter ends with 128 and the signal when the plugin was killed by one. */
  private static final int SIGNALLED = 128;

  private static final Duration LIMIT = Duration.ofSeconds(150);

  private final Path executable;
  private final Namespace host;
  private final Path scratch;
  private final Set<Integer> codes = new ConcurrentSkipListSet<>();

  /**
   * @param host where it runs
   * @param scratch its working directory
   */
  Plugin(Path executable, Namespace host, Path scratch) {
    this.executable = executable;
    this.host = host;
    this.scratch = scratch;
  }

  /** The codes of all errors so far. */
  Set<Integer> codes() {
    return codes;
  }

  /**
   * Runs one call.
   *
   * @throws Deviation when it crashes or does not end
   */
  Outcome run(Call call) throws Deviation, IOException, InterruptedException {
    Path files = Files.createTempDirectory(scratch, "call");
    try {
      return run(call, files);
    } finally {
      for (File file : files.toFile().listFiles()) {
        Files.delete(file.toPath());
      }
      Files.delete(files);
    }
  }

  private Outcome run(Call call, Path files) throws Deviation, IOException, InterruptedException {
    // Files, not pipes: a plugin that writes before it reads must not hang.
    Path input = Files.write(files.resolve("in"), call.input());
    Path output = files.resolve("out");
    Path errors = files.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(host.command(List.of(executable.toString())))
            .directory(scratch.toFile())
            .redirectInput(input.toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("CNI_"));
    environment.putAll(call.variables());
    Process process = builder.start();
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new Deviation(call.verb() + " did not end within " + LIMIT.toSeconds() + " s");
    }
    Outcome outcome =
        new Outcome(
            call,
            process.exitValue(),
            Files.readAllBytes(output),
            Files.readString(errors, StandardCharsets.ISO_8859_1));
    if (outcome.exitStatus() > SIGNALLED || CRASH.matcher(outcome.errors()).find()) {
      throw new Deviation(call.verb() + " crashed: " + outcome);
    }
    if (!outcome.isSuccess()) {
      note(outcome);
    }
    return outcome;
  }

  private void note(Outcome failed) {
    try {
      codes.add(failed.refused().code());
    } catch (Deviation e) {
      // Not an error as the specification has it; the checks of errors say so.
      return;
    }
  }
}
