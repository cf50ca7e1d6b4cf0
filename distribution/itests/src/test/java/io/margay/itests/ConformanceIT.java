// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code margay cni conformance}, of ours and of the reference plugin. */
class ConformanceIT {
  @TempDir Path scratch;

  @BeforeAll
  static void needsRoot() throws IOException {
    Lab.assumeRoot();
  }

  private Result conformance(Map<String, String> environment, Object... words) {
    List<String> command =
        new ArrayList<>(
            List.of(Distribution.HOME.resolve("bin/margay").toString(), "cni", "conformance"));
    Stream.of(words).map(Object::toString).forEach(command::add);
    return Shell.run(environment, "", command.toArray(String[]::new));
  }

  private List<JsonObject> findings(Path json) throws IOException {
    return JsonParser.parseString(Files.readString(json))
        .getAsJsonObject()
        .getAsJsonArray("findings")
        .asList()
        .stream()
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  private static List<String> of(List<JsonObject> findings, String result) {
    return findings.stream()
        .filter(finding -> finding.get("result").getAsString().equals(result))
        .map(
            finding ->
                finding.get("version").getAsString() + " " + finding.get("what").getAsString())
        .toList();
  }

  @Test
  void oursConforms() throws Exception {
    try (Lab lab = Lab.up(1, "46")) {
      Path json = scratch.resolve("json");
      Path junit = scratch.resolve("junit");
      String socket = lab.nodeState("node1").resolve("run/cni.sock").toString();

      Result result =
          conformance(
              Map.of("MARGAY_CNI_SOCKET", socket),
              Distribution.HOME.resolve("bin/margay-cni"),
              "--netns",
              "/run/netns/" + lab.netns("node1"),
              "--json",
              json,
              "--junit",
              junit);

      assertEquals(0, result.exitCode(), result.output());
      assertTrue(result.output().endsWith(": 100.0 %"), result.output());
      List<JsonObject> findings = findings(json);
      assertEquals(List.of(), of(findings, "fail"));
      assertTrue(of(findings, "pass").contains("1.1.0 GC removes what is not valid"));
      int cases =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(junit.toFile())
              .getElementsByTagName("testcase")
              .getLength();
      assertEquals(findings.size(), cases);
      // A bug of ours is an error as specified, too: only the agent's log tells.
      assertEquals(
          List.of(), lab.log("node1").stream().filter(l -> l.contains("bug of ours")).toList());
      assertEquals(List.of(), lab.kernel("node1").podObjects());
    }
  }

  @Test
  void findsWhatPtpDoesNotDo() throws Exception {
    Path json = scratch.resolve("json");

    Result result =
        conformance(
            Map.of(),
            "/usr/lib/cni/ptp",
            "--versions",
            "0.2.0,0.4.0,1.0.0",
            "--flips",
            "50",
            "--json",
            json);

    assertEquals(1, result.exitCode(), result.output());
    List<JsonObject> findings = findings(json);
    List<String> failed = of(findings, "fail");
    List<String> passed = of(findings, "pass");
    assertTrue(failed.contains("1.0.0 an error has the cniVersion of the input"), "" + failed);
    assertTrue(failed.contains("1.0.0 prevResult of an earlier plugin is in the result"));
    assertTrue(
        failed.contains("0.4.0 CNI_CONTAINERID \"a/b\": error 4 that names it"), "" + failed);
    assertTrue(passed.contains("0.2.0 the result is in the format of its version"), "" + failed);
    assertTrue(passed.contains("1.0.0 CHECK errors when a route is gone"), "" + failed);
    assertTrue(passed.contains("1.0.0 DEL after the namespace is gone cleans up"), "" + failed);
  }

  @Test
  void saysWhatIsWrongWithTheCommandLine() {
    Result noPlugin = conformance(Map.of());
    Result noSuchPlugin = conformance(Map.of(), scratch.resolve("none"));
    Result noNumber = conformance(Map.of(), "/usr/lib/cni/ptp", "--repeat", "often");

    assertEquals(64, noPlugin.exitCode(), noPlugin.output());
    assertEquals(69, noSuchPlugin.exitCode(), noSuchPlugin.output());
    assertTrue(noNumber.output().contains("--repeat: often (expected: 1 or more)"));
    assertFalse(noNumber.output().contains("Exception"), noNumber.output());
  }
}
