// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.conformance.Finding.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The suite has teeth: plugins of a few lines of shell that do not do what they say. */
class RunnerNetnsIT {
  private final String run = "conftest-" + ProcessHandle.current().pid();

  @TempDir private Path scratch;
  private Namespace host;

  @BeforeAll
  static void needsRoot() throws IOException {
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
        "skipped: network namespaces need root");
  }

  @BeforeEach
  void createHost() throws Exception {
    host = Site.createHost(run);
  }

  @AfterEach
  void deleteAll() throws Exception {
    Namespace.deleteAll(run + "-");
  }

  private List<Finding> findings(String script) throws Exception {
    Path executable = scratch.resolve("fake");
    Files.writeString(executable, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(executable, PosixFilePermissions.fromString("rwx------"));
    Plugin plugin = new Plugin(executable, host, scratch);
    NetworkConf conf = NetworkConf.builtIn("fake", run, scratch);
    Site site = new Site(plugin, conf, host, true, "/usr/lib/cni", scratch, run);
    Runner runner = new Runner(site, List.of(SpecVersion.V1_1_0), 1);
    List<Finding> all = new ArrayList<>();
    for (Check check : Suite.all(5)) {
      all.addAll(runner.run(check));
    }
    return all;
  }

  private static String of(List<Finding> findings, Result result) {
    return findings.stream()
        .filter(finding -> finding.result() == result)
        .map(finding -> finding.check().what() + ": " + finding.observed())
        .collect(Collectors.joining("\n"));
  }

  @Test
  void aPluginThatOnlySaysYesFailsWhereTheKernelTells() throws Exception {
    List<Finding> findings =
        findings(
            """
            if [ "$CNI_COMMAND" = ADD ]; then
              echo '{"cniVersion": "1.1.0", "ips": [{"address": "10.1.2.3/24"}]}'
            fi
            """);

    String failed = of(findings, Result.FAIL);
    for (String line :
        List.of(
            "VERSION lists the supported versions: standard output of VERSION is not",
            "ADD without CNI_NETNS: error 4 that names it: ADD succeeded",
            "the interface is in the namespace, and up: not there",
            "its addresses are those of the result: told [10.1.2.3/24], in the kernel []",
            "ADD onto a foreign interface of that name errors: ADD succeeded",
            "CHECK errors when the namespace is gone: CHECK succeeded")) {
      assertTrue(failed.contains(line), line + " is not in\n" + failed);
    }
    assertTrue(of(findings, Result.PASS).contains("DEL prints nothing"));
  }

  @Test
  void aPluginThatCrashesFailsEverywhere() throws Exception {
    List<Finding> findings = findings("echo 'panic: nil map' >&2; exit 2\n");

    String passed = of(findings, Result.PASS);
    assertEquals("no error had a reserved code: codes []", passed);
    assertTrue(of(findings, Result.FAIL).contains("crashed: exit status 2, panic: nil map"));
  }

  @Test
  void leavesNothing() throws Exception {
    findings("ip -n \"${CNI_NETNS##*/}\" link add eth0 type bridge; exit 1\n");

    String[] left = Path.of("/run/netns").toFile().list((d, name) -> name.startsWith(run));
    assertEquals(List.of(run + "-host"), List.of(left));
  }
}
