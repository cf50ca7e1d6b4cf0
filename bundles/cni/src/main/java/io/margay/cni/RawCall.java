// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A call as the relay {@code margay-cni} sends it: the CNI variables that are set, its own name
 * ({@link #PLUGIN}), and standard input. Encoded as {@code NAME=value\0} for each variable, {@code
 * \0}, input.
 *
 * <p>On the socket, a call is preceded by its length (u32, big-endian). The answer is its length
 * (u32), the exit status of the relay (u8) and what the relay prints. In the spool, a file is one
 * call without length, with {@link #BOOT_ID} as an additional variable.
 *
 * @param input what the runtime wrote; readers must not change the array
 */
record RawCall(Map<String, String> environment, byte[] input) {
  /** Longest call or answer, in bytes. */
  static final int MAX_BYTES = 4 << 20;

  /** The name by which the relay was executed. */
  static final String PLUGIN = "PLUGIN";

  /** Which boot of the machine a spooled call is from. */
  static final String BOOT_ID = "BOOT_ID";

  RawCall {
    environment = Map.copyOf(environment);
  }

  /**
   * @throws IllegalArgumentException when the bytes are no call
   */
  static RawCall decode(byte[] bytes) {
    Map<String, String> environment = new LinkedHashMap<>();
    int at = 0;
    while (true) {
      int end = at;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      if (end == bytes.length) {
        throw new IllegalArgumentException("call: ends within its variables");
      }
      if (end == at) {
        return new RawCall(environment, Arrays.copyOfRange(bytes, end + 1, bytes.length));
      }
      String text = new String(bytes, at, end - at, StandardCharsets.UTF_8);
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException("call: " + text + " (expected: NAME=value)");
      }
      environment.put(text.substring(0, equals), text.substring(equals + 1));
      at = end + 1;
    }
  }

  byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    environment.forEach(
        (name, value) -> {
          out.writeBytes((name + "=" + value).getBytes(StandardCharsets.UTF_8));
          out.write(0);
        });
    out.write(0);
    out.writeBytes(input);
    return out.toByteArray();
  }

  RawCall without(String variable) {
    Map<String, String> others = new LinkedHashMap<>(environment);
    others.remove(variable);
    return new RawCall(others, input);
  }

  /** The value of a variable; empty when it is not set. */
  String variable(String name) {
    return environment.getOrDefault(name, "");
  }
}
