// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Calls the plugin with any bytes, and looks closely at the bytes of its answer. */
final class RawRelay {
  /** Those of the specification, and of ours all but that of a bug. */
  private static final Set<Integer> CODES = Set.of(1, 2, 3, 4, 5, 6, 7, 11, 50, 51, 101, 102, 103);

  private static final String RELAY = Distribution.HOME.resolve("bin/margay-cni").toString();
  private static final int PATIENCE_SECONDS = 60;

  /**
   * What the plugin said.
   *
   * @param code error code; 0 of a success
   */
  record Outcome(int code, String output) {}

  private RawRelay() {}

  /**
   * Runs it to its end.
   *
   * @param environment with the agent's socket
   */
  static Outcome call(Map<String, String> environment, byte[] input) {
    ProcessBuilder builder =
        new ProcessBuilder(RELAY).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      try {
        write(process, input);
        byte[] output = process.getInputStream().readAllBytes();
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the relay hangs");
        return outcome(process.exitValue(), output);
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs it, and kills it -9 if it still runs after a while. */
  static void callAndKill(Map<String, String> environment, byte[] input, Duration after) {
    ProcessBuilder builder =
        new ProcessBuilder(RELAY)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      write(process, input);
      process.waitFor(after.toNanos(), TimeUnit.NANOSECONDS);
      process.destroyForcibly().waitFor();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void write(Process process, byte[] input) {
    try (var stdin = process.getOutputStream()) {
      stdin.write(input);
    } catch (IOException e) {
      // It ended without reading all; its answer tells why.
    }
  }

  private static Outcome outcome(int status, byte[] bytes) throws IOException {
    // Reports what is no UTF-8, unlike new String().
    String output = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    assertFalse(output.contains("\\tat ") || output.contains("\tat "), output);
    if (status == 0) {
      if (!output.isEmpty()) {
        strict(output);
      }
      return new Outcome(0, output);
    }
    assertEquals(1, status, output);
    JsonObject error = strict(output);
    int code = error.get("code").getAsInt();
    assertTrue(CODES.contains(code), output);
    assertFalse(error.get("msg").getAsString().isEmpty(), output);
    assertTrue(error.get("cniVersion").isJsonPrimitive(), output);
    return new Outcome(code, output);
  }

  private static JsonObject strict(String output) {
    JsonReader reader = new JsonReader(new StringReader(output));
    reader.setStrictness(Strictness.STRICT);
    JsonElement element = JsonParser.parseReader(reader);
    return element.getAsJsonObject();
  }
}
