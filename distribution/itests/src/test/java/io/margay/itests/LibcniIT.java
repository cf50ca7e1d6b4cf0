// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The CNI project's own library calls us, with a cache of what it was given. */
class LibcniIT {
  private static final String NODE = "node1";

  private static Lab lab;
  private static String caller;

  @TempDir Path files;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(1, "46");
    caller = GoTool.build("libcni-call");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @BeforeEach
  void writeConflist() throws IOException {
    writeConflist("1.0.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.3.0", "0.3.1", "0.4.0", "1.0.0"})
  void addsAndDeletesByTheCachedResult(String version) throws IOException {
    writeConflist(version);
    List<String> kernel = lab.kernel(NODE).podObjects();
    StoredAddresses stored = StoredAddresses.of(lab, NODE);
    Pod pod = lab.pod(NODE);

    JsonObject result = JsonParser.parseString(call("ADD", pod).orFail()).getAsJsonObject();

    assertEquals(version, result.get("cniVersion").getAsString());
    assertEquals(2, result.getAsJsonArray("ips").size(), result.toString());
    assertEquals(1, cached());
    if (version.compareTo("0.4.0") >= 0) {
      assertEquals("", call("CHECK", pod).orFail());
    }
    assertEquals("", call("DEL", pod).orFail());
    assertEquals(0, cached());
    assertEquals("", call("DEL", pod).orFail());
    assertEquals(kernel, lab.kernel(NODE).podObjects());
    assertEquals(stored, StoredAddresses.of(lab, NODE));
  }

  @Test
  void checkSaysWhatIsMissing() {
    Pod pod = lab.pod(NODE);
    call("ADD", pod).orFail();
    Shell.run("ip", "-n", pod.netns(), "link", "set", "eth0", "down").orFail();

    Result result = call("CHECK", pod);

    assertNotEquals(0, result.exitCode());
    assertTrue(result.output().contains("eth0"), result.output());
    call("DEL", pod).orFail();
  }

  @Test
  void theListIsValid() {
    assertEquals("", call("VALIDATE", new Pod("none", lab.nodeState(NODE))).orFail());
  }

  @Test
  void statusIsSilentAndGcRemovesWhatIsNotListed() {
    Pod kept = lab.pod(NODE);
    Pod lost = lab.pod(NODE);
    call("ADD", kept).orFail();
    call("ADD", lost).orFail();
    JsonObject attachment = new JsonObject();
    attachment.addProperty("containerID", kept.netns());
    attachment.addProperty("ifname", "eth0");
    JsonArray valid = new JsonArray();
    valid.add(attachment);

    assertEquals("", call("STATUS", kept, Pod.config(Map.of())).orFail());
    String config = Pod.config(Map.of("cni.dev/valid-attachments", valid));
    assertEquals("", call("GC", kept, config).orFail());

    StoredAddresses stored = StoredAddresses.of(lab, NODE);
    assertEquals(List.of(), stored.of(lost.handle()));
    assertEquals(2, stored.of(kept.handle()).size());
    assertEquals("", call("CHECK", kept).orFail());
    call("DEL", lost).orFail();
    call("DEL", kept).orFail();
  }

  private Result call(String verb, Pod pod) {
    return call(verb, pod, "");
  }

  private Result call(String verb, Pod pod, String input) {
    String bin = Distribution.HOME.resolve("bin").toString();
    return Shell.run(
        Map.of("MARGAY_CNI_SOCKET", lab.nodeState(NODE).resolve("run/cni.sock").toString()),
        input,
        caller,
        conflist().toString(),
        bin,
        files.resolve("cache").toString(),
        verb,
        pod.netns(),
        "/run/netns/" + pod.netns());
  }

  private Path conflist() {
    return files.resolve("10-margay.conflist");
  }

  private void writeConflist(String version) throws IOException {
    Files.writeString(
        conflist(),
        """
        {"cniVersion": "%s", "name": "%s", "plugins": [{"type": "margay-cni"}]}
        """
            .formatted(version, Pod.NETWORK));
  }

  private int cached() {
    return files.resolve("cache/results").toFile().list().length;
  }
}
