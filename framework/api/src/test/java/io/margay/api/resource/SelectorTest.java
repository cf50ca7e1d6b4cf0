// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SelectorTest {
  /** Selector, labels that it selects, labels that it does not; {@code -} for no such case. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "a == \"b\" ~ a=b,c=d ~ a=c",
        "a=='b'~a=b~``",
        "a != \"b\" ~ `` ~ a=b",
        "a in {\"x\", 'y',} ~ a=y ~ a=z",
        "a in {} ~ - ~ a=z",
        "a not in {\"x\"} ~ `` ~ a=x",
        "a notin{\"x\"} ~ a=y ~ a=x",
        "a contains \"b\" ~ a=abc ~ ``",
        "a contains\"b\" ~ a=b ~ a=c",
        "a starts with \"ab\" ~ a=abc ~ a=cab",
        "a startswith \"ab\" ~ a=abc ~ ``",
        "a ends  with \"bc\" ~ a=abc ~ a=bcd",
        "has(a) ~ a= ~ b=a",
        "!has(a) ~ b=a ~ a=",
        "!!has(a) ~ a=1 ~ b=1",
        "! ! !has( a ) ~ b=1 ~ a=1",
        "`` ~ `` ~ -",
        "`  ` ~ a=1 ~ -",
        "all() ~ `` ~ -",
        "all( ) ~ `` ~ -",
        "global() ~ a=1 ~ -",
        "a == '1' && b == '2' ~ a=1,b=2 ~ a=1",
        "a == '1' || b == '2' ~ b=2 ~ a=2",
        "a == '1' || b == '2' && c == '3' ~ a=1 ~ b=2",
        "(a == '1' || b == '2') && c == '3' ~ b=2,c=3 ~ a=1",
        "!a == '1' && b == '2' ~ a=0,b=2 ~ a=1,b=2",
        "!(has(b) || !has(a)) ~ a=1 ~ a=1,b=1",
        "in in {\"in\"} ~ in=in ~ in=out",
        "contains contains 'contains' ~ contains=contains ~ contains=x",
        "all == 'x' ~ all=x ~ ``",
        "k8s.io/name-x_y.z == 'v' ~ k8s.io/name-x_y.z=v ~ ``",
      })
  void selects(String text, String matching, String other) {
    Selector selector = Selector.parse(text);
    Selector again = Selector.parse(selector.canonical());

    if (!matching.equals("-")) {
      assertTrue(selector.matches(labels(matching)), text);
      assertTrue(again.matches(labels(matching)), again.toString());
    }
    if (!other.equals("-")) {
      assertTrue(!selector.matches(labels(other)), text);
      assertTrue(!again.matches(labels(other)), again.toString());
    }
    assertEquals(selector.canonical(), again.canonical());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "`` ~ all()",
        "` (all() )` ~ all()",
        "! (has( b)||! has(a )) ~ !(has(b) || !has(a))",
        "! (a == 'b'&&! c != 'd') ~ !(a == \"b\" && !c != \"d\")",
        "a == '\"' ~ a == '\"'",
        "a endswith \"'\" ~ a ends with \"'\"",
        "a!='x' ~ a != \"x\"",
        "a in {'z', 'z', 'x', 'a'} ~ a in {\"a\", \"x\", \"z\"}",
        "a notin {} ~ a not in {}",
        "(a == '1') ~ a == \"1\"",
      })
  void hasACanonicalForm(String text, String canonical) {
    assertEquals(canonical, Selector.parse(text).canonical());
    assertEquals(Selector.parse(text), Selector.parse(canonical));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "b == b ~ a text in quotes at position 6, not b",
        "b ~ ==, !=, in, not in, contains, starts with or ends with at position 2, not the end",
        "a b ~ ==, !=, in, not in, contains, starts with or ends with at position 3, not b",
        "a input 'x' ~ ==, !=, in, not in, contains, starts with or ends with at position 3, not"
            + " input 'x'",
        "a starts foo 'x' ~ ==, !=, in, not in, contains, starts with or ends with at position 3,"
            + " not starts foo 'x'",
        "! ~ a label, has(), all(), ! or a bracket at position 2, not the end",
        "'x' == b ~ a label, has(), all(), ! or a bracket at position 1, not 'x' == b",
        "a == \"x\" & ~ &&, || or the end at position 10, not &",
        "a in {'' ||  ~ , or } at position 10, not ||",
        "a in '' ~ { at position 6, not ''",
        "a == \"FOO' ~ a closing \" at position 6, not \"FOO'",
        "(a == 'x' ~ ) at position 10, not the end",
        "() ~ a label, has(), all(), ! or a bracket at position 2, not )",
        "has (a) ~ ==, !=, in, not in, contains, starts with or ends with at position 5, not (a)",
        "has(foo) && ~ a label, has(), all(), ! or a bracket at position 12, not the end",
        "`a == 'x'\n` ~ `&&, || or the end at position 9, not \n`",
      })
  void saysWhereItIsWrong(String text, String expected) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Selector.parse(text));

    assertEquals("selector: " + text + " (expected: " + expected + ")", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 100_000})
  void refusesDeepBracketsInsteadOfOverflowing(int depth) {
    String text = "(".repeat(depth) + "all()" + ")".repeat(depth);

    assertThrows(IllegalArgumentException.class, () -> Selector.parse(text));
  }

  @Test
  void refusesLongLabels() {
    assertEquals(
        "l".repeat(512),
        Selector.parse("has(" + "l".repeat(512) + ")").text().replaceAll("has\\(|\\)", ""));
    assertThrows(
        IllegalArgumentException.class, () -> Selector.parse("has(" + "l".repeat(513) + ")"));
  }

  @Test
  void parsesOrRefusesAnyText() {
    String[] words = {
      "a", "==", "!=", "'x'", "\"", "in", "not", "{", "}", ",", "(", ")", "has(", "all()", "&&",
      "||", "!", " ", "starts", "with", "\t", "é"
    };
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(10); j >= 0; j--) {
        text.append(words[random.nextInt(words.length)]).append(random.nextBoolean() ? " " : "");
      }
      try {
        Selector selector = Selector.parse(text.toString());
        assertEquals(
            selector.canonical(), Selector.parse(selector.canonical()).canonical(), text::toString);
      } catch (IllegalArgumentException e) {
        assertTrue(e.getMessage().startsWith("selector: "), e.getMessage());
      }
    }
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new HashMap<>();
    for (String pair : text.isEmpty() ? new String[0] : text.split(",")) {
      labels.put(pair.split("=")[0], pair.substring(pair.indexOf('=') + 1));
    }
    return labels;
  }
}
