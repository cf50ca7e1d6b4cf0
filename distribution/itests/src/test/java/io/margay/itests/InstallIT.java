// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Pod.Answer;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code margay cni install} and {@code uninstall}. */
class InstallIT {
  private static final String NODE = "node1";
  private static final String MARGAY = Distribution.HOME.resolve("bin/margay").toString();
  private static final Path PORTMAP = Path.of("/usr/lib/cni/portmap");

  private static Lab lab;

  @TempDir Path root;
  private Path bin;
  private Path conf;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(1, "4");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @BeforeEach
  void directories() {
    bin = root.resolve("bin");
    conf = root.resolve("net.d");
  }

  @Test
  void whatIsInstalledAttachesAPod() throws IOException {
    Result installed = margay("install", "--state", lab.nodeState(NODE).toString());

    assertEquals(
        List.of(
            "installed " + bin.resolve("margay-cni"),
            "installed " + bin.resolve("margay-cni.conf"),
            "installed " + conf.resolve("10-margay.conflist")),
        installed.orFail().lines().toList());
    JsonObject network = network();
    assertEquals("[0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0]", texts(network));
    assertEquals("1.0.0", network.get("cniVersion").getAsString());

    Pod pod = lab.pod(NODE);
    assertEquals(0, installedPlugin(pod, "ADD").status());
    assertEquals(1, pod.addressesInside().size());
    Result refused = margay("uninstall");
    assertEquals(75, refused.exitCode());
    assertTrue(refused.output().contains("1 pods of this node are attached"), refused.output());
    assertTrue(Files.exists(bin.resolve("margay-cni")));
    assertEquals(new Answer(0, ""), installedPlugin(pod, "DEL"));
  }

  @Test
  void repeatedItChangesNothingAndUninstallLeavesNothing() throws IOException {
    margay("install", "--state", root.toString()).orFail();
    List<String> before = files();

    Result again = margay("install", "--state", root.toString());

    assertTrue(again.orFail().lines().allMatch(line -> line.startsWith("unchanged ")));
    assertEquals(before, files());
    assertEquals(3, margay("uninstall").orFail().lines().count());
    assertEquals(List.of(), files());
    assertEquals("", margay("uninstall").orFail());
  }

  @Test
  void portmapIsChainedWithTheVersionsThatBothKnow() throws IOException {
    Files.createDirectories(bin);
    Files.copy(PORTMAP, bin.resolve("portmap"));

    margay("install").orFail();

    JsonObject network = network();
    assertEquals(2, network.getAsJsonArray("plugins").size());
    assertEquals("[0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0]", texts(network));
    margay("uninstall").orFail();
    assertEquals(List.of(bin.resolve("portmap").toString()), files());
  }

  @Test
  void whatWasEditedIsKept() throws IOException {
    margay("install").orFail();
    Path network = conf.resolve("10-margay.conflist");
    String original = Files.readString(network);
    Files.writeString(network, original.replace("\"margay\"", "\"mine\""));

    assertTrue(margay("install").orFail().contains("kept      " + network));
    assertEquals("mine", network().get("name").getAsString());
    assertTrue(margay("install", "--force").orFail().contains("replaced  " + network));
    assertEquals(original, Files.readString(network));
  }

  /** A file that is being executed cannot be written, and can be replaced. */
  @Test
  void aPluginThatRunsIsReplaced() throws Exception {
    margay("install").orFail();
    Path plugin = bin.resolve("margay-cni");
    Shell.run("sh", "-c", "echo older >> " + plugin).orFail();
    Object inode = Files.getAttribute(plugin, "unix:ino");
    ProcessBuilder builder = new ProcessBuilder(plugin.toString());
    builder.environment().put("CNI_COMMAND", "ADD");
    Process waiting = builder.start(); // For its input.
    try {
      assertTrue(margay("install").orFail().contains("replaced  " + plugin));
      assertNotEquals(inode, Files.getAttribute(plugin, "unix:ino"));
      assertTrue(waiting.isAlive());
    } finally {
      waiting.destroyForcibly().waitFor();
    }
  }

  @Test
  void badArgumentsAreNamed() throws IOException {
    Result relative = Shell.run(MARGAY, "cni", "install", "--bin-dir", "here");

    assertEquals(64, relative.exitCode());
    assertTrue(relative.output().contains("--bin-dir: here (expected: an absolute path)"));
    assertEquals(64, margay("install", "--conf").exitCode());
    assertFalse(Files.exists(bin));
  }

  /** On the node. */
  private Result margay(String verb, String... options) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("nsenter", "--net=/run/netns/" + lab.netns(NODE), MARGAY, "cni", verb));
    words.addAll(List.of("--bin-dir", bin.toString(), "--conf-dir", conf.toString()));
    words.addAll(List.of(options));
    return Shell.run(words.toArray(String[]::new));
  }

  private Answer installedPlugin(Pod pod, String verb) {
    Result result =
        Shell.run(
            pod.environment(verb), Pod.config(Map.of()), bin.resolve("margay-cni").toString());
    return new Answer(result.exitCode(), result.output());
  }

  private JsonObject network() throws IOException {
    String text = Files.readString(conf.resolve("10-margay.conflist"));
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static String texts(JsonObject network) {
    return network.getAsJsonArray("cniVersions").asList().stream()
        .map(version -> version.getAsString())
        .toList()
        .toString();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
    }
  }
}
