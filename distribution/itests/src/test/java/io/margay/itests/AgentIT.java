// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.itests.AgentProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the process says and how it ends. The JVM of this test has a network namespace of its own.
 */
class AgentIT {
  @TempDir Path folder;
  private String state;

  @BeforeEach
  void needsRoot() throws IOException {
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "an agent needs root");
    state = folder.resolve("state").toString();
  }

  @Test
  void refusesAnAlteredBundle() throws Exception {
    Path home = copyOfTheTree();
    Path api = onlyFile(home.resolve("bundles"), "io.margay.api-*.jar");
    Files.write(api, new byte[] {0}, StandardOpenOption.APPEND);

    Ended ended = AgentProcess.start(home, "--node", "n1", "--state", state).end();

    assertEquals(70, ended.exitCode());
    assertTrue(ended.output().startsWith("margay: " + api + ": sha256 is "), ended.output());
  }

  @Test
  void refusesAMisspeltKey() throws Exception {
    Path home = copyOfTheTree();
    Path file = onlyFile(home.resolve("etc"), "io.margay.cni.cfg");
    Files.writeString(file, "\ntreads = 1\n", StandardOpenOption.APPEND);

    Ended ended = AgentProcess.start(home, "--node", "n1", "--state", state).end();

    assertEquals(78, ended.exitCode());
    assertTrue(
        ended.output().startsWith("margay: " + file + ": unknown key treads"), ended.output());
  }

  @Test
  void refusesASecondAgentInOneStateDirectory() throws Exception {
    try (AgentProcess first =
        AgentProcess.start(Distribution.HOME, "--node", "n1", "--state", state).await("INFO")) {
      Ended second = AgentProcess.start(Distribution.HOME, "--node", "n2", "--state", state).end();

      assertEquals(73, second.exitCode());
      assertTrue(second.output().contains("another agent uses this state directory (pid "));
      first.terminate();
    }
  }

  @Test
  void endsWithZeroOnSigterm() throws Exception {
    try (AgentProcess agent =
        AgentProcess.start(Distribution.HOME, "--node", "n1", "--state", state).await("INFO")) {
      agent.terminate();

      Ended ended = agent.end();

      assertEquals(0, ended.exitCode(), ended.output());
    }
  }

  @Test
  void saysThatItNeedsRoot() throws Exception {
    List<String> command =
        List.of(
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--inh-caps=-all",
            Distribution.HOME.resolve("bin/margay").toString(),
            "agent",
            "--node",
            "n1");

    Ended ended = AgentProcess.start(command).end();

    assertEquals(77, ended.exitCode());
    assertEquals(
        "margay: the agent must run as root: uid 65534 lacks CAP_NET_ADMIN, CAP_SYS_ADMIN",
        ended.output());
  }

  private Path copyOfTheTree() throws IOException, InterruptedException {
    Path home = folder.resolve("margay");
    new ProcessBuilder("cp", "-R", Distribution.HOME.toString(), home.toString()).start().waitFor();
    return home;
  }

  private static Path onlyFile(Path folder, String pattern) throws IOException {
    try (var files = Files.newDirectoryStream(folder, pattern)) {
      return files.iterator().next();
    }
  }
}
