// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutcomeTest {
  private static Outcome outcome(int exitStatus, String output) {
    Call call = new Call(Map.of("CNI_COMMAND", "ADD"), new byte[0]);
    return new Outcome(call, exitStatus, output.getBytes(StandardCharsets.UTF_8), "");
  }

  @Test
  void readsAnError() throws Exception {
    Outcome.Refusal refusal = outcome(1, "{\"code\": 4, \"msg\": \"CNI_NETNS\"}").refused(4);

    assertEquals("CNI_NETNS", refusal.message());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "panic: index out of range",
        "{\"code\": 0, \"msg\": \"a\"}",
        "{\"code\": \"4\", \"msg\": \"a\"}",
        "{\"code\": 4}",
        "{\"code\": 4, \"msg\": \"a\"} and more",
        "{\"code\": 4, \"msg\": \"a\"}{}",
        "[{\"code\": 4, \"msg\": \"a\"}]"
      })
  void takesNothingElseForAnError(String output) {
    assertThrows(Deviation.class, () -> outcome(1, output).refused());
  }

  @Test
  void tellsWhichCodeItWas() {
    Outcome failed = outcome(1, "{\"code\": 999, \"msg\": \"no such file\"}");

    Deviation deviation = assertThrows(Deviation.class, () -> failed.refused(6, 7));

    assertEquals("code 999 instead of one of [6, 7]: no such file", deviation.getMessage());
  }

  @Test
  void successIsNoError() {
    assertThrows(Deviation.class, () -> outcome(0, "{}").refused());
  }

  @Test
  void silenceIsAskedForApart() throws Exception {
    assertTrue(outcome(0, "OK\n").succeeded().isSuccess());
    assertThrows(Deviation.class, () -> outcome(0, "OK\n").succeededSilently());
  }
}
