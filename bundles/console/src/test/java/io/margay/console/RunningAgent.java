// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.api.console.Command;
import io.margay.api.node.NodeFiles;
import io.margay.launcher.FrameworkProperties;
import io.margay.launcher.Options;
import io.margay.launcher.Refusal;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/**
 * A real framework with this bundle and what it needs, and the real client, compiled by gcc. The
 * API comes from the test's class path, so that a test can register services of its own.
 */
final class RunningAgent {
  private static final String API =
      Stream.of("console", "health", "net", "node", "resource", "store")
          .map(name -> "io.margay.api." + name + ";version=1.1.0")
          .collect(Collectors.joining(","));

  /** A class of each bundle that runs beside ours; resolved only where the flag is false. */
  private static final Map<String, Boolean> BUNDLES =
      Map.of(
          "org.osgi.util.function.Function", true,
          "org.osgi.util.promise.Promise", true,
          "org.osgi.service.component.ComponentContext", true,
          "org.apache.felix.scr.info.ScrInfo", true,
          "org.apache.felix.cm.PersistenceManager", true,
          "org.apache.felix.gogo.runtime.CommandProcessorImpl", false,
          "org.apache.felix.gogo.jline.Posix", false,
          "org.jline.reader.LineReader", false,
          "io.margay.console.ConsoleServer", true);

  private final Path state;
  private final Path client;
  private final Framework framework;

  RunningAgent() throws IOException, BundleException, InterruptedException {
    this.state = Files.createTempDirectory("margay-console-it-").toRealPath();
    this.client = compile(state);
    Map<String, String> properties = new HashMap<>(agentProperties(state));
    properties.merge(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, API, (log, api) -> log + "," + api);
    this.framework =
        ServiceLoader.load(FrameworkFactory.class)
            .findFirst()
            .orElseThrow()
            .newFramework(properties);
    framework.start();
    List<Bundle> started = new ArrayList<>();
    for (var entry : BUNDLES.entrySet()) {
      Bundle bundle = context().installBundle("reference:file:" + jarOf(entry.getKey()));
      if (entry.getValue()) {
        started.add(bundle);
      }
    }
    for (Bundle bundle : started) {
      bundle.start();
    }
  }

  BundleContext context() {
    return framework.getBundleContext();
  }

  Path state() {
    return state;
  }

  Path client() {
    return client;
  }

  Path socket() {
    return new NodeFiles(state).consoleSocket();
  }

  ServiceRegistration<Command> register(Command command) {
    return context().registerService(Command.class, command, null);
  }

  /** Runs the client with these words; nothing on its standard input. */
  Result run(String... words) throws IOException, InterruptedException {
    return runWithInput("", words);
  }

  Result runWithInput(String input, String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(client.toString(), "--state", state.toString()));
    command.addAll(List.of(words));
    Path in = Files.writeString(Files.createTempFile(state, "in", ""), input);
    Path out = Files.createTempFile(state, "out", "");
    Path err = Files.createTempFile(state, "err", "");
    Process process =
        new ProcessBuilder(command)
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(String.join(" ", command) + ": no end after 60 s");
    }
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  void stop() throws Exception {
    framework.stop();
    framework.waitForStop(0);
    try (Stream<Path> files = Files.walk(state)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }

  /** What a client printed and returned. */
  record Result(int status, String out, String err) {}

  private static Map<String, String> agentProperties(Path state) {
    try {
      return FrameworkProperties.of(
          Options.parse(List.of("--node", "node1", "--state", state.toString())), state);
    } catch (Refusal e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path compile(Path directory) throws IOException, InterruptedException {
    Path source = source();
    Path client = directory.resolve("margay-client");
    try {
      int status =
          new ProcessBuilder(
                  "gcc",
                  "-std=c11",
                  "-D_GNU_SOURCE",
                  "-Wall",
                  "-Wextra",
                  "-Werror",
                  "-o",
                  client.toString(),
                  source.toString())
              .inheritIO()
              .start()
              .waitFor();
      if (status != 0) {
        throw new IllegalStateException("gcc " + source + ": exit status " + status);
      }
    } catch (IOException e) {
      assumeTrue(false, "skipped: gcc cannot be run (" + e.getMessage() + ")");
    }
    return client;
  }

  private static Path source() {
    return Path.of("..", "..", "distribution", "src", "main", "c", "margay-client.c")
        .toAbsolutePath()
        .normalize();
  }

  private static Path jarOf(String className) {
    try {
      Class<?> type = Class.forName(className, false, RunningAgent.class.getClassLoader());
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (ClassNotFoundException | URISyntaxException e) {
      throw new IllegalStateException(className + ": no jar of it on the class path", e);
    }
  }
}
