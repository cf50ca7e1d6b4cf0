// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import io.margay.launcher.ConfigCheck;
import io.margay.launcher.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The configuration of a running agent is changed by commands and by hand. */
class ConfigIT {
  private static final String CNI = "io.margay.cni";
  private static final Path DOCUMENT = Path.of("../../docs/configuration.md");

  private static Path folder;
  private static Path etc;
  private static AgentProcess agent;

  @BeforeAll
  static void start() throws Exception {
    Lab.assumeRoot();
    folder = Files.createTempDirectory("margay-config");
    etc = folder.resolve("etc");
    Shell.run("cp", "-r", Distribution.HOME.resolve("etc").toString(), etc.toString()).orFail();
    agent = startAgent();
  }

  @AfterAll
  static void stop() throws IOException {
    if (agent != null) {
      agent.close();
      Shell.run("rm", "-rf", folder.toString());
    }
  }

  @Test
  void aValueIsSetInTheFileAndInForceAndGoesBack() throws Exception {
    String before = Files.readString(file(CNI));

    assertEquals(
        "io.margay.cni changed: threads default -> 9", exec("config:set io.margay.cni threads=9"));
    assertEquals(
        before.replace("# threads = 16\n", "# threads = 16\nthreads = 9\n"),
        Files.readString(file(CNI)));
    assertTrue(exec("config:diff").contains("threads"), exec("config:diff"));

    assertEquals("io.margay.cni changed: threads 9 -> default", exec("config:rollback"));
    assertEquals(before, Files.readString(file(CNI)));
    assertFalse(exec("config:diff").contains("threads"), exec("config:diff"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "io.margay.cni threads=0            | threads: 0 (expected: a whole number 1..256)",
        "io.margay.cni threads=many         | threads: many (expected: a whole number 1..256)",
        "io.margay.cni threads=5 tread=1    | tread: no such key of io.margay.cni",
        "io.margay.cni threads=5 delDeadlineSeconds=0 | delDeadlineSeconds: 0 (expected",
        "io.margay.metrics enabled=yes      | enabled: yes (expected: true or false)",
        "io.margay.core rpFilter=maybe      | rpFilter: maybe (expected: one of manage, leave)",
        "io.margay.none x=1                 | io.margay.none: no such configuration"
      })
  void aBadValueChangesNothing(String words, String why) throws Exception {
    String before = Files.readString(file(CNI));

    Result result = run("config:set " + words);

    assertEquals(1, result.exitCode(), result.output());
    assertTrue(result.output().contains(why), result.output());
    assertEquals(before, Files.readString(file(CNI)));
  }

  @Test
  void whatMakesAComponentFailIsPutBack() throws Exception {
    String before = Files.readString(file("io.margay.metrics"));

    Result result = run("config:set io.margay.metrics enabled=true address=192.0.2.1");

    assertEquals(1, result.exitCode(), result.output());
    assertTrue(
        result.output().contains("put back, because with it metrics is DEGRADED: cannot listen"),
        result.output());
    assertEquals(before, Files.readString(file("io.margay.metrics")));
    assertTrue(health().lines().anyMatch(l -> l.matches("OK +metrics .*")), health());
  }

  @Test
  void aFileEditedByHandIsCheckedToo() throws Exception {
    Path file = file("io.margay.ipam");
    String before = Files.readString(file);
    Files.writeString(file, "poolWarnPercent = 300\n", StandardOpenOption.APPEND);
    Lab.await("it is refused", () -> health().contains("io.margay.ipam.cfg is refused, what was"));
    assertTrue(health().contains("poolWarnPercent: 300 (expected: a whole number"));

    Files.writeString(file, before + "poolWarnPercent = 70\n");
    Lab.await(
        "it is in force", () -> exec("config:history").contains("poolWarnPercent default -> 70"));
    assertFalse(health().contains("refused"), health());

    Files.writeString(file, before);
    Lab.await("the default is", () -> !exec("config:diff").contains("poolWarnPercent"));
  }

  @Test
  void aKilledAgentStartsWithWhatWasSet() throws Exception {
    exec("config:set io.margay.core planDeadlineMillis=3000");
    agent.close(); // SIGKILL.
    agent = startAgent();

    assertTrue(exec("config:diff").contains("3000"), exec("config:diff"));
    exec("config:unset io.margay.core planDeadlineMillis");
  }

  /** Every key has a sentence, and docs/configuration.md tells it. */
  @Test
  void everyKeyIsDocumented() throws Exception {
    List<String> missing = new ArrayList<>();
    String document = Files.readString(DOCUMENT);
    Map<String, Map<String, Setting>> all =
        new TreeMap<>(ConfigCheck.metatype(Distribution.bundles()).settingsByPid());
    all.keySet().removeIf(pid -> !pid.startsWith("io.margay."));
    all.forEach(
        (pid, settings) -> {
          if (!document.contains("## " + pid + "\n")) {
            missing.add("## " + pid);
          }
          for (Setting setting : settings.values()) {
            String line =
                "| `%s` | %s | %s | %s |"
                    .formatted(
                        setting.key(),
                        setting.initial().isEmpty() ? "" : "`" + setting.initial() + "`",
                        setting.expectation(),
                        setting.description().replace("|", "\\|"));
            if (setting.description().isEmpty() || !document.contains(line + "\n")) {
              missing.add(line);
            }
          }
        });

    assertEquals(List.of(), missing);
  }

  private static AgentProcess startAgent() throws Exception {
    AgentProcess started =
        AgentProcess.start(
            Distribution.HOME,
            "--node",
            "n1",
            "--state",
            folder.resolve("state").toString(),
            "--set",
            "margay.etc=" + etc);
    // Without an uplink it is not ready for pods; the console is.
    Lab.await(
        "all bundles run",
        () ->
            health().lines().filter(l -> l.matches("\\w+ +(cni|config|ipam|metrics) .*")).count()
                == 4);
    return started;
  }

  private static Path file(String pid) {
    return etc.resolve(pid + ".cfg");
  }

  private static Result run(String line) {
    return Shell.run(
        Distribution.HOME.resolve("bin/margay").toString(),
        "--state",
        folder.resolve("state").toString(),
        "exec",
        line);
  }

  /** Down here, where there is no uplink. */
  private static String health() {
    return run("health").output();
  }

  private static String exec(String line) {
    return run(line).orFail().strip();
  }
}
