// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void readsEveryType() throws Exception {
    assertEquals(
        Map.of("a", Arrays.asList(1L, new BigDecimal("1.50"), null, true, "x<é>")),
        Json.parse(bytes("{\"a\":[1,1.50,null,true,\"x<é>\"]}")));
    assertEquals(new BigInteger("18446744073709551615"), Json.parse(bytes("18446744073709551615")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"b\":1,\"a\":{\"x\":[],\"y\":{}}}",
        "[1.50,-7,1E+3,18446744073709551615]",
        "\"a\\\"b\\\\c\\n<>&'\"",
        "null"
      })
  void writesWhatItRead(String text) throws Exception {
    assertEquals(text, text(Json.write(Json.parse(bytes(text)))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1,\"a\":2}|field a twice",
        "{\"a\":1}{}|document",
        "{\"a\":|ends early",
        "''|ends early",
        "{a:1}|malformed at line 1 column 3",
        "[01]|",
      })
  void refusesWhatIsNoJson(String text, String why) {
    InvalidResourceException e =
        assertThrows(InvalidResourceException.class, () -> Json.parse(bytes(text)));

    assertTrue(e.getMessage().startsWith("document: "), e.getMessage());
    assertTrue(why == null || e.getMessage().contains(why), e.getMessage());
  }

  @Test
  void refusesBrokenUtf8() {
    InvalidResourceException e =
        assertThrows(
            InvalidResourceException.class, () -> Json.parse(new byte[] {'"', (byte) 0xff, '"'}));

    assertTrue(e.getMessage().contains("not UTF-8"), e.getMessage());
  }

  @Test
  void refusesDeepNestingInsteadOfOverflowing() {
    byte[] deep = bytes("[".repeat(100_000));

    assertThrows(InvalidResourceException.class, () -> Json.parse(deep));
  }

  @Test
  void refusesAnotherOutermostValue() {
    InvalidResourceException e =
        assertThrows(InvalidResourceException.class, () -> Json.parseObject(bytes("[1]")));

    assertEquals("document: [1] (expected: a JSON object)", e.getMessage());
  }

  @Test
  void refusesToWriteOtherTypes() {
    assertThrows(IllegalArgumentException.class, () -> Json.write(List.of(new Object())));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }
}
