// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many calls at once, on three nodes that share one store. */
class ConcurrentAddIT {
  private static final List<String> NODES = List.of("node1", "node2", "node3");

  private static Lab lab;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(NODES.size(), "46");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void givesEveryPodItsOwnAddressesAndTakesAllBack() {
    List<Pod> pods = new ArrayList<>(lab.pods("node1", 200));
    pods.addAll(lab.pods("node2", 25));
    pods.addAll(lab.pods("node3", 25));
    Collections.shuffle(pods);

    List<Pod.Answer> answers = Together.call(pods, pod -> pod.call("ADD"));

    Map<String, String> answered = new TreeMap<>();
    for (int i = 0; i < pods.size(); i++) {
      assertEquals(0, answers.get(i).status(), answers.get(i).output());
      List<String> addresses = StoredAddresses.canonical(answers.get(i).addresses());
      assertEquals(2, addresses.size(), answers.get(i).output());
      for (String address : addresses) {
        String other = answered.put(address, pods.get(i).handle());
        assertEquals(null, other, "also has " + address);
      }
    }
    StoredAddresses stored = StoredAddresses.of(lab, "node2");
    assertEquals(answered, stored.blocks());
    assertEquals(pods.size(), stored.handles().size());
    assertEquals(pods.size(), stored.endpoints().size());
    assertEquals(200, lab.kernel("node1").podLinks().size());
    assertReachable(pods, answers);

    List<Pod.Answer> ends = Together.call(pods, pod -> pod.call("DEL"));

    ends.forEach(end -> assertEquals(new Pod.Answer(0, ""), end));
    assertEquals(
        new StoredAddresses(Map.of(), Map.of(), Map.of()), StoredAddresses.of(lab, "node3"));
    for (String node : NODES) {
      assertEquals(List.of(), lab.kernel(node).podObjects());
      assertEquals(List.of(), lab.spool(node));
    }
  }

  /** Each of a sample, which the shuffle has spread over the nodes, reaches the one before. */
  private static void assertReachable(List<Pod> pods, List<Pod.Answer> answers) {
    for (int i = 1; i < 20; i++) {
      Pod source = pods.get(i);
      for (String address : answers.get(i - 1).addresses()) {
        Lab.await(source + " reaches " + address, () -> source.reaches(address));
      }
    }
  }
}
