// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a runtime sees while no agent answers, and what becomes of it when one does. */
class SpoolIT {
  private static final String NODE = "node1";

  private static Lab lab;
  private static StoredAddresses storeBefore;
  private static List<String> kernelBefore;

  @TempDir Path folder;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(1, "46");
    lab.pod(NODE).add();
    storeBefore = StoredAddresses.of(lab, NODE);
    kernelBefore = lab.kernel(NODE).podObjects();
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @BeforeEach
  void agentRuns() {
    if (!lab.agentRuns(NODE)) {
      lab.start(NODE);
    }
  }

  @Test
  void aDelIsExecutedBeforeTheAgentListens() {
    List<Pod> pods = lab.pods(NODE, 5);
    Together.call(pods, Pod::add);
    int logged = lab.log(NODE).size();
    lab.kill(NODE);

    pods.forEach(Pod::del);
    pods.get(0).del();
    assertEquals(pods.size(), lab.spool(NODE).size());
    lab.start(NODE);

    assertNothingLeft();
    List<String> log = lab.log(NODE).subList(logged, lab.log(NODE).size());
    List<String> executed = log.stream().filter(line -> line.contains("CNI spooled DEL")).toList();
    String opened = log.stream().filter(line -> line.contains("CNI socket open")).toList().get(0);
    assertEquals(pods.size(), executed.size());
    assertTrue(log.indexOf(opened) > log.lastIndexOf(executed.get(4)), log.toString());
  }

  @Test
  void anAddWaitsForAnAgent() throws Exception {
    Path relay = relay("wait=60");
    Pod pod = lab.pod(NODE);
    lab.kill(NODE);
    CompletableFuture<Result> add =
        CompletableFuture.supplyAsync(() -> run(relay, pod.environment("ADD")));

    lab.start(NODE);

    // Code 11 for a connection that the dying agent took with it; a runtime then tries again.
    Result answer = add.get();
    answer =
        answer.toString().contains("reset by peer") ? run(relay, pod.environment("ADD")) : answer;
    answer.orFail();
    assertEquals(2, pod.addressesInside().size());
    pod.del();
    assertNothingLeft();
  }

  /** The agent sees the spooled DEL by itself, too: whichever is first, the ADD comes last. */
  @Test
  void anAddComesAfterTheSpooledDelOfItsKey() {
    Pod pod = lab.pod(NODE);
    pod.add();
    Map<String, String> away = new HashMap<>(pod.environment("DEL"));
    away.put("MARGAY_CNI_SOCKET", folder.resolve("none").toString());
    away.put("MARGAY_CNI_SPOOL", lab.nodeState(NODE).resolve("spool").toString());
    for (int i = 0; i < 10; i++) {
      assertEquals(new Pod.Answer(0, ""), pod.relay(away, Pod.config(Map.of())));
      List<String> addresses = pod.add();

      Lab.await("the spool is empty", () -> lab.spool(NODE).isEmpty());
      assertEquals(
          StoredAddresses.canonical(addresses), StoredAddresses.canonical(pod.addressesInside()));
    }
    assertEquals(2, StoredAddresses.of(lab, NODE).of(pod.handle()).size());
    pod.del();
    assertNothingLeft();
  }

  @ParameterizedTest
  @CsvSource({"ADD, 11", "CHECK, 11", "GC, 11", "STATUS, 50", "NONSENSE, 4"})
  void isToldThatNoAgentAnswers(String verb, int code) throws Exception {
    Pod pod = lab.pod(NODE);
    Map<String, String> environment = new HashMap<>(pod.environment(verb));
    environment.put("MARGAY_CNI_SOCKET", folder.resolve("none").toString());

    Result result = run(relay("wait=0"), environment);

    assertEquals(1, result.exitCode());
    assertEquals(code, new Pod.Answer(1, result.output()).code(), result.output());
  }

  @Test
  void isToldTheVersionsWithoutAnAgent() throws Exception {
    Pod pod = lab.pod(NODE);
    JsonObject withAgent = pod.call("VERSION").json();
    Map<String, String> environment = new HashMap<>(pod.environment("VERSION"));
    environment.put("MARGAY_CNI_SOCKET", folder.resolve("none").toString());

    Result result = run(relay(""), environment);

    assertEquals(withAgent, new Pod.Answer(result.exitCode(), result.output()).json());
  }

  @Test
  void aDelThatCannotBeSpooledFails() throws Exception {
    Pod pod = lab.pod(NODE);
    Map<String, String> environment = new HashMap<>(pod.environment("DEL"));
    environment.put("MARGAY_CNI_SOCKET", folder.resolve("none").toString());
    environment.put("MARGAY_CNI_SPOOL", Files.createFile(folder.resolve("file")) + "/spool");

    Result result = run(relay(""), environment);

    assertEquals(1, result.exitCode());
    assertEquals(11, new Pod.Answer(1, result.output()).code(), result.output());
  }

  @Test
  void theAgentServesEveryVerb() {
    Pod pod = lab.pod(NODE);
    Pod.Answer added = pod.call("ADD");
    Pod other = lab.pod(NODE);
    other.add();
    JsonArray valid = new JsonArray();
    for (String container : storeBefore.endpoints().keySet()) {
      valid.add(attachment(container));
    }
    valid.add(attachment(pod.netns()));

    assertEquals(new Pod.Answer(0, ""), pod.call("STATUS"));
    assertEquals(new Pod.Answer(0, ""), pod.call("CHECK", Map.of("prevResult", added.json())));
    assertEquals(new Pod.Answer(0, ""), pod.call("GC", Map.of("cni.dev/valid-attachments", valid)));

    assertFalse(StoredAddresses.of(lab, NODE).endpoints().containsKey(other.netns()));
    assertEquals(new Pod.Answer(0, ""), pod.call("CHECK", Map.of("prevResult", added.json())));
    pod.del();
    assertEquals(1, pod.call("CHECK", Map.of("prevResult", added.json())).status());
    assertNothingLeft();
  }

  private static JsonObject attachment(String container) {
    JsonObject attachment = new JsonObject();
    attachment.addProperty("containerID", container);
    attachment.addProperty("ifname", "eth0");
    return attachment;
  }

  private static void assertNothingLeft() {
    assertEquals(storeBefore, StoredAddresses.of(lab, NODE));
    assertEquals(kernelBefore, lab.kernel(NODE).podObjects());
    assertEquals(List.of(), lab.spool(NODE));
  }

  /** A copy of the plugin with a configuration of its own, which knows the agent of the node. */
  private Path relay(String setting) throws IOException {
    Path copy = folder.resolve("margay-cni");
    Files.copy(Distribution.HOME.resolve("bin/margay-cni"), copy);
    Path socket = lab.nodeState(NODE).resolve("run/cni.sock");
    Files.writeString(
        folder.resolve("margay-cni.conf"), "socket=" + socket + "\n" + setting + "\n");
    return copy;
  }

  private static Result run(Path relay, Map<String, String> environment) {
    return Shell.run(environment, Pod.config(Map.of()), relay.toString());
  }
}
