// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyedExecutorTest {
  private final Deque<Runnable> threads = new ArrayDeque<>();
  private final KeyedExecutor<String> executor = new KeyedExecutor<>(threads::add);
  private final List<String> done = new ArrayList<>();

  @Test
  void tasksOfOneKeyRunInTurn() {
    executor.execute("a", () -> done.add("a1"));
    executor.execute("a", () -> done.add("a2"));
    executor.execute("a", () -> done.add("a3"));

    assertEquals(1, threads.size());
    runAll();
    assertEquals(List.of("a1", "a2", "a3"), done);
  }

  @Test
  void otherKeysDoNotWait() {
    executor.execute("a", () -> done.add("a1"));
    executor.execute("a", () -> done.add("a2"));
    executor.execute("b", () -> done.add("b1"));

    runAll();
    assertEquals(List.of("a1", "b1", "a2"), done);
  }

  @Test
  void failureDoesNotStopTheNext() {
    executor.execute(
        "a",
        () -> {
          throw new IllegalStateException("as a bug would");
        });
    executor.execute("a", () -> done.add("a2"));

    runAll();
    assertEquals(List.of("a2"), done);
  }

  @Test
  void keyIsForgottenWhenIdle() {
    for (int i = 0; i < 3; i++) {
      executor.execute("a", () -> done.add("a"));
      runAll();
    }

    assertEquals(List.of("a", "a", "a"), done);
  }

  private void runAll() {
    while (!threads.isEmpty()) {
      try {
        threads.poll().run();
      } catch (IllegalStateException e) {
        continue; // A thread of a pool would end here, and be replaced.
      }
    }
  }
}
