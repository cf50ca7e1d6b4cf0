// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.console.shell.TestShell;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LogCommandsTest {
  private static final String NAME = "test.LogCommandsTest";
  private static final Logger LOG = LoggerFactory.getLogger(NAME);

  private final LogRing ring = new LogRing();
  private final TestShell shell = new TestShell(new LogTail(ring), new LogSet(ring));

  @AfterEach
  void stop() {
    shell.run("log:set " + NAME + " DEFAULT");
    ring.stop();
  }

  @Test
  void printsTheLatestLines() {
    LOG.info("Pool switched pool={}", "default");
    LOG.warn("Disk slow millis={}", 700);

    TestShell.Result result = shell.run("log:tail -n 1 --grep " + NAME.substring(5));

    assertTrue(
        result.out().matches("\\S+ \\S+Z WARN  LogCommandsTest: Disk slow millis=700\\n"),
        result.out());
  }

  @Test
  void keepsLinesOfALevelAndAbove() {
    LOG.info("quiet");
    LOG.error("loud");

    String out = shell.run("log:tail --level warn --grep 'quiet|loud'").out();

    assertTrue(out.contains("loud") && !out.contains("quiet"), out);
  }

  @Test
  void printsStackTraces() {
    LOG.error("failed", new IllegalStateException("a wasp"));

    String out = shell.run("log:tail -n 1 --grep wasp").out();

    assertTrue(out.contains("java.lang.IllegalStateException: a wasp\n\tat "), out);
    assertTrue(
        shell.run("log:tail -n 1 --grep wasp --json").out().contains("\"message\":\"failed\""));
  }

  @Test
  void changesTheLevelOfALogger() {
    assertEquals(NAME + " logs at DEBUG\n", shell.run("log:set " + NAME + " debug").out());
    assertTrue(LOG.isDebugEnabled());

    shell.run("log:set " + NAME + " OFF");
    assertTrue(!LOG.isErrorEnabled());

    shell.run("log:set " + NAME + " DEFAULT");
    assertTrue(LOG.isErrorEnabled());
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertEquals(
        "log:set: level: LOUD (expected: one of TRACE, DEBUG, INFO, WARN, ERROR, OFF, DEFAULT)\n",
        shell.run("log:set x LOUD").err());
    assertEquals(2, shell.run("log:set ROOT DEFAULT").status());
    assertEquals(2, shell.run("log:tail -n x").status());
    assertEquals(2, shell.run("log:tail --level OFF").status());
    assertEquals(2, shell.run("log:tail --grep '('").status());
  }

  @Test
  void keepsOnlyTheLatestLines() {
    long before = ring.from(0).next();

    IntStream.range(0, 2_500).forEach(i -> LOG.warn("line {}", i));

    LogRing.Part all = ring.from(0);
    assertEquals(2_000, all.lines().size());
    assertEquals(before + 2_500, all.next());
    assertEquals("line 2499", ring.from(all.next() - 1).lines().get(0).message());
    assertEquals(0, ring.from(all.next()).lines().size());
  }
}
