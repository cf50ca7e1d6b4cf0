// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A project of {@code examples}, built as a vendor does it: outside of our build, without a
 * network, against the artifacts in a local repository. That one is of this test's own: our
 * artifacts, which the build has just made, beside links to what the user's has of others.
 */
final class VendorProject {
  private static final Path ROOT = Distribution.HOME.resolve("../../..").normalize();
  private static final Path TARGET = Path.of("target", "vendor").toAbsolutePath();
  private static final Path REPOSITORY = TARGET.resolve("repository");
  private static final String VERSION = System.getProperty("margay.version");

  private VendorProject() {}

  /**
   * The bundle of a project, whose tests have passed.
   *
   * @param name folder of {@code examples}
   */
  static Path bundle(String name) throws IOException {
    Path project = source(name);
    install();
    Result result =
        Shell.run(
            Map.of("JAVA_HOME", System.getProperty("java.home")),
            "",
            System.getProperty("margay.maven"),
            "-o",
            "-q",
            "-B",
            "-f",
            project.resolve("pom.xml").toString(),
            "-Dmaven.repo.local=" + REPOSITORY,
            "-Dmargay.version=" + VERSION,
            "clean",
            "package");
    result.orFail();
    try (Stream<Path> files = Files.list(project.resolve("target"))) {
      return files.filter(f -> f.toString().endsWith(".jar")).findFirst().orElseThrow();
    }
  }

  /** A copy of a project, which may be written to. */
  static Path source(String name) throws IOException {
    Path copy = TARGET.resolve(name);
    Files.createDirectories(TARGET);
    Shell.run("rm", "-rf", copy.toString()).orFail();
    Shell.run("cp", "-r", ROOT.resolve("examples").resolve(name).toString(), copy.toString())
        .orFail();
    return copy;
  }

  /** What {@code mvn install} would do. */
  private static void install() throws IOException {
    link(REPOSITORY);
    put(ROOT.resolve("pom.xml"), "margay", "pom");
    for (String module : List.of("api", "testkit")) {
      Path source = ROOT.resolve("framework").resolve(module);
      put(source.resolve("pom.xml"), module, "pom");
      put(source.resolve("target/io.margay." + module + "-" + VERSION + ".jar"), module, "jar");
    }
  }

  /** A repository with what the user's has of others. */
  static void link(Path repository) throws IOException {
    Path users =
        Path.of(System.getProperty("maven.repo.local", System.getProperty("margay.repository")));
    link(users, repository, "io");
    link(users.resolve("io"), repository.resolve("io"), "margay");
  }

  private static void put(Path file, String artifact, String type) throws IOException {
    Path folder = REPOSITORY.resolve("io/margay").resolve(artifact).resolve(VERSION);
    Path target = folder.resolve(artifact + "-" + VERSION + "." + type);
    Files.createDirectories(folder);
    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Links what is in a folder into another, but for one entry. */
  private static void link(Path from, Path to, String except) throws IOException {
    Files.createDirectories(to);
    List<Path> entries;
    try (Stream<Path> files = Files.list(from)) {
      entries = files.filter(f -> !f.endsWith(except)).toList();
    }
    for (Path entry : entries) {
      Path link = to.resolve(entry.getFileName());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, entry);
    }
  }
}
