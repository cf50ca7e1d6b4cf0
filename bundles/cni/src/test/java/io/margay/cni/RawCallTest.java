// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RawCallTest {
  @Test
  void decodesWhatTheRelaySends() {
    RawCall call = RawCall.decode(TestNode.bytes("CNI_COMMAND=ADD\0CNI_ARGS=a=b\0\0{}\0x"));

    assertEquals(Map.of("CNI_COMMAND", "ADD", "CNI_ARGS", "a=b"), call.environment());
    assertArrayEquals(TestNode.bytes("{}\0x"), call.input());
  }

  @Test
  void decodesWhatItEncodes() {
    RawCall call = new RawCall(Map.of("A", "", "B", "ü"), new byte[] {0, 1, (byte) 0xff});

    RawCall decoded = RawCall.decode(call.encode());

    assertEquals(call.environment(), decoded.environment());
    assertArrayEquals(call.input(), decoded.input());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "A=b", "A=b\0", "A\0\0", "=b\0\0"})
  void refusesWhatIsNoCall(String bytes) {
    assertThrows(IllegalArgumentException.class, () -> RawCall.decode(TestNode.bytes(bytes)));
  }

  @Test
  void anyBytesDecodeOrFailCleanly() {
    Random random = new Random(1);
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      for (int j = 0; j < bytes.length; j++) {
        bytes[j] = (byte) "A=\0{}b".charAt(random.nextInt(6));
      }
      try {
        RawCall.decode(bytes);
      } catch (IllegalArgumentException e) {
        continue;
      }
    }
  }
}
