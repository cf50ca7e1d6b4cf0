// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** {@code margay cni conformance}: checks any CNI plugin against the specification. */
public final class Conformance {
  private static final int EXIT_FAILED = 1;
  private static final int EXIT_USAGE = 64;
  private static final int EXIT_UNAVAILABLE = 69;

  private final Options options;
  private final String run = "conformance-" + ProcessHandle.current().pid();

  private Conformance(Options options) {
    this.options = options;
  }

  /** Exits with 0 when nothing failed. */
  public static void main(String[] args) throws InterruptedException {
    if (Arrays.asList(args).contains("--help")) {
      System.out.print(Options.USAGE);
      return;
    }
    try {
      System.exit(new Conformance(Options.parse(args)).run());
    } catch (IllegalArgumentException e) {
      System.err.println("margay cni conformance: " + e.getMessage());
      System.err.print(Options.USAGE);
      System.exit(EXIT_USAGE);
    } catch (IOException e) {
      System.err.println("margay cni conformance: " + e.getMessage());
      System.exit(EXIT_UNAVAILABLE);
    }
  }

  private int run() throws IOException, InterruptedException {
    if (!Files.isExecutable(options.plugin())) {
      throw new IOException(options.plugin() + ": not executable");
    }
    Path scratch = Files.createTempDirectory(run);
    // Not finally: an interrupt from the keyboard must leave no namespace either.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> cleanUp(scratch)));
    Namespace host =
        switch (options.netns()) {
          case Options.NEW -> Site.createHost(run);
          case Options.CURRENT -> new Namespace(Path.of("/proc/self/ns/net"));
          default -> new Namespace(Path.of(options.netns()));
        };
    Plugin plugin = new Plugin(options.plugin(), host, scratch);
    NetworkConf conf = conf(scratch.resolve("leases"));
    boolean isOwnHost = options.netns().equals(Options.NEW);
    return check(new Site(plugin, conf, host, isOwnHost, options.cniPath(), scratch, run));
  }

  private void cleanUp(Path scratch) {
    try {
      Namespace.deleteAll(run + "-");
      deleteTree(scratch);
    } catch (IOException e) {
      System.err.println("margay cni conformance: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private NetworkConf conf(Path leases) throws IOException {
    String type = options.plugin().getFileName().toString();
    return options.conf().isPresent()
        ? NetworkConf.read(options.conf().get(), type, run)
        : NetworkConf.builtIn(type, run, leases);
  }

  private int check(Site site) throws IOException, InterruptedException {
    List<SpecVersion> versions = versions(site.plugin());
    Runner runner = new Runner(site, versions, options.repeats());
    Table table = new Table(System.out);
    List<Finding> all = new ArrayList<>();
    table.head();
    for (Check check : Suite.all(options.flips())) {
      if (check.level() == Check.Level.MUST || !options.isMustOnly()) {
        List<Finding> findings = runner.run(check);
        table.add(findings);
        all.addAll(findings);
      }
    }
    String plugin = options.plugin().toString();
    table.foot(plugin, all);
    if (options.junit().isPresent()) {
      JunitReport.write(options.junit().get(), plugin, all);
    }
    if (options.json().isPresent()) {
      JsonReport.write(options.json().get(), plugin, all);
    }
    boolean isFailed = all.stream().anyMatch(f -> f.result() == Finding.Result.FAIL);
    return isFailed ? EXIT_FAILED : 0;
  }

  /** The versions to check; an executable that answers no VERSION cannot be checked. */
  private List<SpecVersion> versions(Plugin plugin) throws IOException, InterruptedException {
    try {
      Call call = new Call(Map.of("CNI_COMMAND", "VERSION"), new byte[0]);
      List<String> supported =
          VersionChecks.supported(plugin.run(call.withInput("{\"cniVersion\": \"1.0.0\"}")));
      List<SpecVersion> versions =
          options.versions().stream().filter(v -> supported.contains(v.toString())).toList();
      if (versions.isEmpty()) {
        throw new IOException("no version to check, the plugin has " + supported);
      }
      return versions;
    } catch (Deviation e) {
      throw new IOException("not a CNI plugin: " + e.getMessage(), e);
    }
  }

  private static void deleteTree(Path tree) throws IOException {
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
