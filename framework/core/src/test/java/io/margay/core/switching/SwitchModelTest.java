// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every order in which two nodes can go through a switch, and random orders for three: no state in
 * which a route points at a wire that its receiver does not take in, and an end that is reached.
 */
class SwitchModelTest {
  private record From(String key, String step) {}

  @Test
  void everyOrderOfTwoNodes() {
    explore(SwitchModel.atRest(2, 0, "x", "y"));
  }

  @Test
  void everyOrderOfTwoNodesOfWhichOneDies() {
    explore(SwitchModel.atRest(2, 1, "x", "y"));
  }

  @Test
  void everyOrderOfTwoNodesThatSwitchBack() {
    explore(SwitchModel.atRest(2, 0, "x", "y", "x"));
  }

  /** Visits every state that can be reached, and asks of each whether the end can be. */
  private static void explore(SwitchModel start) {
    Map<String, From> visited = new HashMap<>();
    Map<String, List<String>> before = new HashMap<>();
    Deque<SwitchModel> todo = new ArrayDeque<>();
    Set<String> ends = new HashSet<>();
    todo.add(start);
    visited.put(start.key(), new From("", "start"));
    while (!todo.isEmpty()) {
      SwitchModel state = todo.remove();
      String key = state.key();
      if (state.loss().isPresent()) {
        fail(state.loss().get() + "\n" + trace(visited, key));
      }
      if (state.isDone()) {
        ends.add(key);
      }
      for (SwitchModel.Step step : state.next()) {
        String after = step.after().key();
        before.computeIfAbsent(after, k -> new ArrayList<>()).add(key);
        if (visited.putIfAbsent(after, new From(key, step.name())) == null) {
          todo.add(step.after());
        }
      }
    }
    assertTrue(visited.size() > 100, "states: " + visited.size());
    assertEquals(
        visited.size(), reaching(ends, before).size(), "states from which there is an end");
  }

  private static Set<String> reaching(Set<String> ends, Map<String, List<String>> before) {
    Set<String> reaching = new HashSet<>(ends);
    Deque<String> todo = new ArrayDeque<>(ends);
    while (!todo.isEmpty()) {
      for (String earlier : before.getOrDefault(todo.remove(), List.of())) {
        if (reaching.add(earlier)) {
          todo.add(earlier);
        }
      }
    }
    return reaching;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void randomOrdersOfThreeNodes(int seed) {
    Random random = new Random(seed);
    int done = 0;
    for (int run = 0; run < 200; run++) {
      SwitchModel state = SwitchModel.atRest(3, seed % 4, "x", "y", "x", "y");
      List<String> trace = new ArrayList<>();
      while (true) {
        if (state.loss().isPresent()) {
          fail(state.loss().get() + "\n" + String.join("\n", trace));
        }
        List<SwitchModel.Step> steps = state.next();
        steps.removeIf(s -> s.name().endsWith("dies") && random.nextInt(20) > 0);
        if (steps.isEmpty()) {
          break;
        }
        SwitchModel.Step step = steps.get(random.nextInt(steps.size()));
        trace.add(step.name());
        state = step.after();
      }
      assertTrue(state.isDone(), () -> String.join("\n", trace));
      done++;
    }
    assertEquals(200, done);
  }

  private static String trace(Map<String, From> visited, String end) {
    List<String> steps = new ArrayList<>();
    for (String key = end; !key.isEmpty(); key = visited.get(key).key()) {
      steps.add(0, visited.get(key).step());
    }
    return String.join("\n", steps);
  }
}
