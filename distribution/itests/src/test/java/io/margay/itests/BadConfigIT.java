// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.AgentProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An agent with a configuration that it does not understand does not start, and says why. */
class BadConfigIT {
  private static final int CONFIG_ERROR = 78;

  @TempDir Path folder;

  @BeforeEach
  void needsRoot() throws IOException {
    Lab.assumeRoot();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "io.margay.cni.cfg          | threads = 0            | threads               | 1..256",
        "io.margay.cni.cfg          | threads = many         | threads               | 1..256",
        "io.margay.cni.cfg          | threads =              | threads               | 1..256",
        "io.margay.cni.cfg          | callDeadlineSeconds=111 | callDeadlineSeconds  | 1..110",
        "io.margay.cni.cfg          | tread = 4              | tread                 | threads",
        "io.margay.ipam.cfg         | poolWarnPercent = 101  | poolWarnPercent       | 1..100",
        "io.margay.ipam.cfg         | nodeWarnPercent = 0    | nodeWarnPercent       | 1..100",
        "io.margay.core.cfg         | planDeadlineMillis = 9 | planDeadlineMillis    | 10..600000",
        "io.margay.dataplane.cfg    | routeProtocol = 3      | routeProtocol         | ..255",
        "io.margay.dataplane.cfg    | takeover = maybe       | takeover              | true or"
            + " false",
        "io.margay.store.sqlite.cfg | logRevisions = 1e9     | logRevisions          |"
            + " 100..1000000",
        "io.margay.ipma.cfg         | x = 1                  | io.margay.ipma.cfg    | io.margay."
      })
  void refuses(String file, String line, String named, String allowed) throws Exception {
    Path etc = Files.createDirectory(folder.resolve("etc"));
    Path bad = Files.writeString(etc.resolve(file), line + "\n");

    Ended ended = agent(etc);

    assertEquals(CONFIG_ERROR, ended.exitCode(), ended.output());
    assertTrue(ended.output().contains(bad.toString()), ended.output());
    assertTrue(ended.output().contains(named), ended.output());
    assertTrue(ended.output().contains(allowed), ended.output());
    assertFalse(Files.exists(folder.resolve("state/store.db")), "nothing was touched");
  }

  @Test
  void namesEveryFaultAtOnce() throws Exception {
    Path etc = Files.createDirectory(folder.resolve("etc"));
    Files.writeString(etc.resolve("io.margay.cni.cfg"), "threads = 0\ntread = 1\n");
    Files.writeString(etc.resolve("io.margay.core.cfg"), "planDeadlineMillis = x\n");

    Ended ended = agent(etc);

    assertEquals(3, ended.output().lines().count(), ended.output());
  }

  private Ended agent(Path etc) throws IOException, InterruptedException {
    try (AgentProcess agent =
        AgentProcess.start(
            Distribution.HOME,
            "--node",
            "n1",
            "--state",
            folder.resolve("state").toString(),
            "--set",
            "margay.etc=" + etc)) {
      return agent.end();
    }
  }
}
