// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code margay exec} end to end: client, socket, shell, command and back. */
class ExecFrameworkIT {
  private static RunningAgent agent;

  @BeforeAll
  static void start() throws Exception {
    agent = new RunningAgent();
  }

  @AfterAll
  static void stop() throws Exception {
    if (agent != null) {
      agent.stop();
    }
  }

  @Test
  void printsTheTableOfACommand() throws Exception {
    RunningAgent.Result result = agent.run("exec", "bundle:list");

    assertEquals(0, result.status(), result.err());
    assertTrue(result.out().startsWith("ID  STATE"), result.out());
    assertTrue(result.out().contains("io.margay.console"), result.out());
  }
}
