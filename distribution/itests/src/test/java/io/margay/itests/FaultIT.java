// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The agent dies at each step of an ADD and of a DEL. What the runtime does next leaves no trace.
 */
class FaultIT {
  private static final String NODE = "node1";

  private static Lab lab;
  private static List<String> kernelBefore;
  private static StoredAddresses storeBefore;
  private static String neighbour;

  /** One pod stays, so that the blocks do. */
  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(1, "46");
    neighbour = lab.pod(NODE).add().get(0);
    kernelBefore = lab.kernel(NODE).podObjects();
    storeBefore = StoredAddresses.of(lab, NODE);
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void assertAgentRuns() {
    assertTrue(lab.agentRuns(NODE), "the next test needs it");
  }

  static Stream<String> addSteps() throws Exception {
    return FaultPoints.of("add").stream();
  }

  static Stream<String> delSteps() throws Exception {
    return FaultPoints.of("del").stream();
  }

  @ParameterizedTest
  @MethodSource("addSteps")
  void addIsRepeated(String step) {
    Pod pod = dieInAdd(step);
    lab.start(NODE);

    List<String> addresses = pod.add();

    assertWorks(pod, addresses);
    pod.del();
    assertNothingLeft();
  }

  @ParameterizedTest
  @MethodSource("addSteps")
  void addIsFollowedByDel(String step) {
    Pod pod = dieInAdd(step);
    lab.start(NODE);

    pod.del();

    assertNothingLeft();
  }

  @ParameterizedTest
  @MethodSource("delSteps")
  void delIsExecutedAtTheNextStart(String step) {
    restartWithFault(step);
    Pod pod = lab.pod(NODE);
    pod.add();

    pod.del();

    assertDead();
    lab.start(NODE);
    assertNothingLeft();
    pod.del();
    assertNothingLeft();
  }

  @Test
  void spooledDelIsExecutedOnceMore() throws Exception {
    Pod pod = lab.pod(NODE);
    pod.add();
    lab.kill(NODE);
    pod.del();
    for (String step : FaultPoints.of("spool")) {
      lab.startToDie(NODE, step);
      assertDead();
    }

    lab.start(NODE);

    assertNothingLeft();
  }

  /** Places between the named steps: what is half done when the agent dies differs each time. */
  @Test
  void addsInFlightAreRepeatedOrDeleted() throws Exception {
    List<Pod> pods = lab.pods(NODE, 40);
    killDuring(pods, "ADD");
    lab.start(NODE);

    List<Pod> kept = pods.subList(0, pods.size() / 2);
    List<List<String>> addresses = Together.call(kept, Pod::add);
    Together.call(pods.subList(kept.size(), pods.size()), pod -> pod.call("DEL"));

    StoredAddresses stored = StoredAddresses.of(lab, NODE);
    for (int i = 0; i < kept.size(); i++) {
      assertEquals(StoredAddresses.canonical(addresses.get(i)), stored.of(kept.get(i).handle()));
    }
    assertEquals(storeBefore.blocks().size() + 2 * kept.size(), stored.blocks().size());
    assertEquals(storeBefore.handles().size() + kept.size(), stored.handles().size());
    assertEquals(kernelBefore.size() + 8 * kept.size(), lab.kernel(NODE).podObjects().size());

    killDuring(kept, "DEL");
    lab.start(NODE);

    Together.call(pods, pod -> pod.call("DEL"));
    assertNothingLeft();
  }

  /** Kills the agent when it has answered some of the calls; the others end as they may. */
  private static void killDuring(List<Pod> pods, String verb) throws Exception {
    AtomicInteger answered = new AtomicInteger();
    CompletableFuture<List<Integer>> codes =
        CompletableFuture.supplyAsync(
            () ->
                Together.call(
                    pods,
                    pod -> {
                      int code = pod.call(verb).code();
                      answered.incrementAndGet();
                      return code;
                    }));
    Lab.await("some " + verb + " are answered", () -> answered.get() > 3);
    lab.kill(NODE);
    assertTrue(List.of(0, 11).containsAll(codes.get()), codes.toString());
  }

  private static Pod dieInAdd(String step) {
    restartWithFault(step);
    Pod pod = lab.pod(NODE);
    Pod.Answer answer = pod.call("ADD");
    boolean wasAnswered = step.endsWith("answer");
    assertEquals(wasAnswered ? 0 : 11, answer.code(), answer.output());
    assertDead();
    return pod;
  }

  private static void restartWithFault(String step) {
    lab.kill(NODE);
    lab.startWithFault(NODE, step);
  }

  private static void assertDead() {
    Lab.await("the agent dies at the fault", () -> !lab.agentRuns(NODE));
  }

  private static void assertWorks(Pod pod, List<String> addresses) {
    List<String> expected = StoredAddresses.canonical(addresses);
    StoredAddresses stored = StoredAddresses.of(lab, NODE);
    assertEquals(2, expected.size());
    assertEquals(expected, stored.of(pod.handle()));
    assertEquals(expected, StoredAddresses.canonical(stored.endpoints().get(pod.netns())));
    assertEquals(storeBefore.blocks().size() + 2, stored.blocks().size());
    assertEquals(storeBefore.handles().size() + 1, stored.handles().size());
    assertEquals(storeBefore.endpoints().size() + 1, stored.endpoints().size());

    List<String> kernel = new ArrayList<>(lab.kernel(NODE).podObjects());
    kernel.removeAll(kernelBefore);
    assertEquals(8, kernel.size(), "link, neighbours, routes, elements of sets: " + kernel);
    assertEquals(expected, StoredAddresses.canonical(pod.addressesInside()));
    assertTrue(pod.reaches(neighbour));
  }

  private static void assertNothingLeft() {
    assertEquals(storeBefore, StoredAddresses.of(lab, NODE));
    assertEquals(kernelBefore, lab.kernel(NODE).podObjects());
    assertEquals(List.of(), lab.spool(NODE));
  }
}
