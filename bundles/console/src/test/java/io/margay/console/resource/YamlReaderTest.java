// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.CommandException;
import io.margay.api.resource.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlReaderTest {
  @Test
  void readsDocumentsWithTheirLines() throws Exception {
    List<YamlDocument> documents =
        read(
            """
            # a comment
            kind: IPPool
            spec:
              cidr: 10.0.0.0/8
              uses:
                - Workload
                - Tunnel
            ---
            ---
            {"kind": "Node",
             "spec": {}}
            """);

    assertEquals(2, documents.size());
    assertEquals("document 1, line 4", documents.get(0).at("spec.cidr"));
    assertEquals("document 1, line 7", documents.get(0).at("spec.uses[1]"));
    assertEquals("document 1, line 3", documents.get(0).at("spec.missing.deeper"));
    assertEquals("document 1, line 2", documents.get(0).at("metadata.name"));
    assertEquals("document 3, line 11", documents.get(1).at("spec"));
  }

  @Test
  void readsTheItemsOfAList() throws Exception {
    List<YamlDocument> documents =
        read(
            """
            kind: IPPoolList
            items:
              - kind: IPPool
                metadata:
                  name: a
              - kind: IPPool
                metadata:
                  name: b
            """);

    assertEquals(2, documents.size());
    assertEquals("document 1, item 2, line 8", documents.get(1).at("metadata.name"));
    assertEquals(Map.of("name", "b"), documents.get(1).content().get("metadata"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true     | true",
        "yes      | \"yes\"",
        "no       | \"no\"",
        "7        | 7",
        "007      | \"007\"",
        "0x1f     | \"0x1f\"",
        "65000:10 | \"65000:10\"",
        "1.10     | 1.10",
        "1e3      | 1E+3",
        "'\"7\"'  | \"7\"",
        "~        | null",
        "''       | null",
        "null     | null",
        "2026-01-01 | \"2026-01-01\"",
        "99999999999999999999 | 99999999999999999999",
        "&a [x]   | [\"x\"]",
        "1.2.3.4  | \"1.2.3.4\"",
        "fd00::1  | \"fd00::1\"",
      })
  void readsPlainWordsAsJsonWould(String yaml, String json) throws Exception {
    Object value = read("field: " + yaml).get(0).content().get("field");

    assertEquals(json, new String(Json.write(value), StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'a: 1\n"
            + "b: 2\n"
            + "a: 3' | 'document 1, line 3: a: twice (expected: once; line 1 has it already)'",
        "'a: {b: 1, b: 2}'  | 'document 1, line 1: b: twice (expected: once; line 1 has it"
            + " already)'",
        "'- a'              | 'document 1, line 1: [a] (expected: a resource with kind)'",
        "'a: !!binary x'    | 'document 1, line 1: tag:yaml.org,2002:binary (expected: no tag)'",
        "'a: !mine {}'      | 'document 1, line 1: !mine (expected: no tag)'",
        "'? [a]\n: b'       | 'document 1, line 1: a key that is no text (expected: a name)'",
        "'a: [\n"
            + "b: 1'       | 'line 2: expected '','' or '']'', but got <stream end> (expected:"
            + " YAML)'",
        "'# nothing'        | 'the file is empty (expected: resources in YAML or JSON)'",
      })
  void saysWhatIsWrongAndWhere(String yaml, String message) {
    CommandException e = assertThrows(CommandException.class, () -> read(yaml));

    assertTrue(
        message.startsWith("line")
            ? e.getMessage().startsWith("line ")
            : e.getMessage().equals(message),
        e.getMessage());
  }

  @Test
  void refusesAliasesThatMultiply() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      bomb.append("a").append(i).append(": &a").append(i).append(" [");
      bomb.append(("*a" + (i - 1) + ", ").repeat(9)).append("x]\n");
    }

    CommandException e = assertThrows(CommandException.class, () -> read(bomb.toString()));
    assertTrue(e.getMessage().contains("aliases that multiply"), e.getMessage());
  }

  @Test
  void refusesAnAliasOfItself() {
    assertThrows(CommandException.class, () -> read("a: &a [*a]"));
  }

  @Test
  void survivesAnyBytes() {
    Random random = new Random(7);
    byte[] letters = "a:- \n\"'{}[]&*!|>%@#?,~0\t\u0000\u00e9".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 2_000; i++) {
      byte[] text = new byte[random.nextInt(40)];
      for (int j = 0; j < text.length; j++) {
        text[j] = letters[random.nextInt(letters.length)];
      }
      try {
        YamlReader.read(text);
      } catch (CommandException e) {
        assertTrue(e.getMessage().contains("expected"), e.getMessage());
      }
    }
  }

  @Test
  void readsWhatItPrints() throws Exception {
    Map<String, Object> document =
        Map.of("kind", "X", "a", List.of("no", "65000:10", "007", "x: y", ""), "n", 3L);

    String yaml = YamlWriter.write(List.of(document, document));

    assertEquals(
        List.of(document, document), read(yaml).stream().map(YamlDocument::content).toList());
  }

  private static List<YamlDocument> read(String yaml) throws CommandException {
    return YamlReader.read(yaml.getBytes(StandardCharsets.UTF_8));
  }
}
