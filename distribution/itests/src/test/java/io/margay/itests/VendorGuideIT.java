// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * docs/vendors.md, word by word: from nothing to a mode that carries pods. Maven has no network
 * here, and a repository of its own, which the guide's first command fills.
 */
class VendorGuideIT {
  private static final Path ROOT = Distribution.HOME.resolve("../../..").normalize();
  private static final String LAB = "guide" + ProcessHandle.current().pid();

  @Test
  void leadsToAModeThatCarriesPods() throws Exception {
    Lab.assumeRoot();
    Path folder = Files.createTempDirectory("margay-guide");
    try {
      String output = follow(folder);

      Path project = folder.resolve("work/overlay");
      String report = Files.readString(project.resolve("target/vendor-check.xml"));
      assertTrue(report.contains("failures=\"0\" errors=\"0\" skipped=\"0\""), report);
      assertTrue(report.contains("to and from direct vxlan ipip without a packet lost"), report);
      assertTrue(output.contains("IPv4: 4 of 4 pings answered"), output);
      assertTrue(output.contains("com.example.overlay 1.0.0 -> 1.0.1"), output);
      assertTrue(output.contains("com.example.overlay 1.0.1 -> 1.0.0"), output);
      assertTrue(Files.readString(project.resolve("target/example.pem")).contains("CERTIFICATE"));
    } finally {
      Shell.run(
          Map.of("MARGAY_LAB_DIR", folder.resolve("labs").toString()),
          "",
          Distribution.HOME.resolve("bin/margay").toString(),
          "lab",
          "down",
          "--name",
          LAB);
      Shell.run("rm", "-rf", folder.toString()).orFail();
    }
  }

  /** Runs all commands of the guide, the first block in a copy of the tree. */
  private static String follow(Path folder) throws Exception {
    List<String> blocks = blocks(Files.readAllLines(ROOT.resolve("docs/vendors.md")));
    Path tree = Files.createDirectories(folder.resolve("tree"));
    Path work = Files.createDirectories(folder.resolve("work"));
    tools(folder);
    Shell.run(
            "sh",
            "-c",
            "tar -C \"$0\" --exclude=target --exclude=.git -cf - . | tar -C \"$1\" -xf -",
            ROOT.toString(),
            tree.toString())
        .orFail();
    StringBuilder script = new StringBuilder("set -eux\ncd " + tree + "\n");
    script.append(blocks.get(0)).append("cd ").append(work).append('\n');
    blocks.subList(1, blocks.size()).forEach(script::append);
    ProcessBuilder shell = new ProcessBuilder("timeout", "500", "bash", "-c", script.toString());
    shell.redirectErrorStream(true);
    shell.environment().put("JAVA_HOME", System.getProperty("java.home"));
    shell.environment().put("MARGAY_LAB_DIR", folder.resolve("labs").toString());
    shell
        .environment()
        .merge("PATH", folder.resolve("bin").toString(), (path, bin) -> bin + ":" + path);
    Shell.Result result = Shell.end(shell.start());
    assertEquals(0, result.exitCode(), result.output());
    return result.output();
  }

  /** What stands between fences, a block each. */
  private static List<String> blocks(List<String> lines) {
    List<String> blocks = new ArrayList<>();
    StringBuilder block = null;
    for (String line : lines) {
      if (line.startsWith("```")) {
        if (block != null) {
          blocks.add(block.toString());
        }
        block = block == null ? new StringBuilder() : null;
      } else if (block != null) {
        block.append(line).append('\n');
      }
    }
    return blocks;
  }

  /** The programs of the guide, as a user has them in his path; labs with a name of this test's. */
  private static void tools(Path folder) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path repository = folder.resolve("repository");
    VendorProject.link(repository);
    program(
        bin.resolve("mvn"),
        System.getProperty("margay.maven")
            + " -o -ntp -Dmaven.repo.local="
            + repository
            + " \"$@\"");
    String margay = Distribution.HOME.resolve("bin/margay").toString();
    program(
        bin.resolve("margay"),
        "[ \"$1\" != lab ] || set -- \"$@\" --name " + LAB + "\nexec " + margay + " \"$@\"");
  }

  private static void program(Path file, String text) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
