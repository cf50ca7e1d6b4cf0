// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.ExplainLab.Answer;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code pod:explain} names what is broken, and nothing when nothing is. */
class ExplainIT {
  private static ExplainLab lab;

  /** Nothing is blamed in any mode to begin with. */
  @BeforeAll
  static void up() throws IOException {
    lab = new ExplainLab();
    for (String ends : List.of("near far", "near-vxlan far-vxlan", "near-ipip far-ipip")) {
      awaitHealthy(ends);
    }
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  static Stream<ExplainFault> faults() {
    return ExplainFault.all();
  }

  @ParameterizedTest
  @MethodSource("faults")
  void namesWhatIsBroken(ExplainFault fault) {
    Answer answer;
    try {
      fault.inject().forEach(lab::run);
      answer = lab.explain(fault.ends());
    } finally {
      fault.repair().forEach(lab::run);
    }

    assertEquals("BROKEN", answer.health(), answer.toString());
    assertEquals(1, answer.exitCode());
    assertTrue(answer.hop().matches(fault.hop()), answer.toString());
    assertTrue(lab.finds(fault.says(), answer.sentence()), answer.toString());
    if (fault.isRepaired()) {
      awaitHealthy(fault.ends().replaceFirst(" --.*", ""));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "near beside",
        "near6 far6",
        "near-vxlan far",
        "near-vxlan {outside}",
        "node1 far",
        "near node2",
        "node1 node2",
        "node1 {outside}"
      })
  void blamesNothingThatIsWell(String ends) {
    awaitHealthy(ends);
  }

  /**
   * Packets go on while an agent is away. What is wrong on its node then cannot be seen: it is said
   * so, and nobody is blamed for it.
   */
  @Test
  void blamesNobodyForAnAgentThatIsAway() {
    lab.run("lab: kill node2");
    try {
      Answer well = lab.explain("near far");
      assertTrue(well.isHealthy(), well.toString());
      assertTrue(well.sentence().contains("agent of node2 does not answer"), well.toString());

      lab.run("node2: ip route flush proto 80 root {near}/26");
      assertUnknown(lab.explain("near far"));
      lab.run(
          "node2: bridge fdb show dev vxlan.calico | grep {node1} | while read mac rest; do"
              + " bridge fdb replace $mac dev vxlan.calico dst {outside} self; done");
      assertUnknown(lab.explain("near-vxlan far-vxlan"));
    } finally {
      lab.run("lab: start node2");
    }
    awaitHealthy("near far");
    awaitHealthy("near-vxlan far-vxlan");
  }

  private static void assertUnknown(Answer answer) {
    assertEquals("UNKNOWN", answer.health(), answer.toString());
    assertEquals(1, answer.exitCode());
    assertEquals("none", answer.hop(), answer.toString());
    assertTrue(answer.sentence().contains("agent of node2 does not"), answer.toString());
  }

  private static void awaitHealthy(String ends) {
    Answer[] last = new Answer[1];
    try {
      Lab.await(
          ends + " is well",
          () -> {
            last[0] = lab.explain(ends);
            return last[0].isHealthy();
          });
    } catch (AssertionError e) {
      throw new AssertionError(last[0].toString(), e);
    }
  }
}
