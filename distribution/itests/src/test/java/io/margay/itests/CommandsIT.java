// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What every command of the agent has, whichever bundle it comes from. */
class CommandsIT {
  private static final int USAGE = 2;

  private static Lab lab;
  private static final Map<String, String> HELP = new TreeMap<>();

  @BeforeAll
  static void oneNode() throws IOException {
    lab = Lab.up(1, "46");
    lab.run("pod", "add", "node1", "a").orFail();
    List<String> names =
        exec("help")
            .orFail()
            .lines()
            .map(String::strip)
            .filter(line -> line.matches("[a-z][a-z0-9-]*:[a-z][a-z0-9-]* .*"))
            .map(line -> line.substring(0, line.indexOf(' ')))
            .toList();
    for (String name : names) {
      HELP.put(name, exec(name + " --help").orFail());
    }
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void everyScopeThatPeopleLookForIsThere() {
    List<String> scopes = HELP.keySet().stream().map(n -> n.replaceFirst(":.*", "")).toList();
    for (String scope :
        List.of(
            "bgp",
            "bundle",
            "cni",
            "config",
            "dataplane",
            "endpoint",
            "health",
            "ipam",
            "log",
            "mode",
            "namespace",
            "net",
            "node",
            "package",
            "pod",
            "pool",
            "resource",
            "route",
            "service",
            "ssh",
            "system")) {
      assertTrue(scopes.contains(scope), scope + " is not in " + scopes);
    }
  }

  @Test
  void everyCommandHasAnExampleAndSaysWhatItPrintsAsJson() {
    List<String> poor = new ArrayList<>();
    HELP.forEach(
        (name, help) -> {
          if (!help.contains("\nExamples:\n  ") || !help.contains("--json")) {
            poor.add(name);
          }
        });

    assertEquals(List.of(), poor);
  }

  @Test
  void whatReadsAndNeedsNothingGivesJson() {
    List<String> poor = new ArrayList<>();
    HELP.forEach(
        (name, help) -> {
          String usage = help.lines().findFirst().orElseThrow();
          boolean isReading = !help.contains("Needs the role ");
          boolean needsNothing = usage.matches("usage: \\S+( \\[.*)?");
          if (isReading && needsNothing) {
            Result result = exec(name + " --json");
            boolean needsAnOption = result.output().contains("missing (expected: -");
            if (!needsAnOption && (result.exitCode() > 1 || !isJson(result.output()))) {
              poor.add(name + " " + result.exitCode() + ": " + result.output());
            }
          }
        });

    assertEquals(List.of(), poor);
  }

  @Test
  void whatDoesNotFitIsToldInASentenceAndByTheExitStatus() {
    assertUsage("pool:list --colour", "pool:list: --colour: no such option (expected: ");
    assertUsage("pool:delete", "pool:delete: NAME: missing (expected: name of the pool)");
    assertUsage("node:list extra", "node:list: extra: unexpected argument (expected: no argument)");
    assertUsage("pool:lst", "pool:lst: no such command (did you mean pool:list");
    assertUsage("pool:list |", "syntax: ");
    Result unknown = exec("pool:delete none");
    assertEquals(1, unknown.exitCode());
    assertEquals("pool:delete: there is no pool none", unknown.output().strip());
  }

  private static void assertUsage(String line, String start) {
    Result result = exec(line);
    assertEquals(USAGE, result.exitCode(), result.output());
    assertTrue(result.output().startsWith(start), result.output());
  }

  /** Whether it is JSON, apart from what was said on standard error before. */
  private static boolean isJson(String text) {
    try {
      return !JsonParser.parseString(text.replaceFirst("(?s)^.*?(?m:^)(?=[\\[{])", ""))
          .isJsonNull();
    } catch (JsonParseException e) {
      return false;
    }
  }

  private static Result exec(String line) {
    return lab.run("exec", "node1", line);
  }
}
