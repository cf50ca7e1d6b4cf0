// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for resources of every kind. */
class EveryKindTest {
  /** Objects whose fields are names that users choose. */
  private static final Set<String> FREE =
      Set.of(
          "labels",
          "annotations",
          "block",
          "secondary",
          "sequenceNumberForAllocation",
          "arguments",
          "answer");

  static List<String> kinds() {
    return Samples.kinds();
  }

  @Test
  void thereIsASampleOfEveryKind() {
    assertEquals(Resources.kinds(), new TreeSet<>(Samples.kinds()));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void writesWhatItRead(String kind) throws Exception {
    Resource resource = Resources.parse(kind, Samples.json(kind));

    assertEquals(Samples.document(kind), Json.parseObject(resource.toJson()));
    assertEquals(resource, Resources.parse(resource.toJson()));
    assertEquals(resource.hashCode(), Resources.parse(resource.toJson()).hashCode());
    assertEquals(kind, resource.key().kind());
    assertEquals(List.of(), resource.unknownFields());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void keepsUnknownFieldsAtEveryLevel(String kind) throws Exception {
    List<String> added = new ArrayList<>();
    Map<String, Object> document = withUnknown(Samples.document(kind), "", added);

    Resource resource = Resources.of(document);

    assertTrue(added.size() >= 3, added.toString());
    assertEquals(document, Json.parseObject(resource.toJson()));
    Set<String> known = new TreeSet<>(resource.unknownFields());
    assertTrue(known.containsAll(List.of("odd", "metadata.odd", "spec.odd")), known.toString());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void refusesAnotherKind(String kind) throws Exception {
    String other = kind.equals("Node") ? "IPPool" : "Node";
    Map<String, Object> document = Trees.with(Samples.document(kind), other, "kind");

    InvalidResourceException e =
        assertThrows(
            InvalidResourceException.class, () -> Resources.parse(kind, Json.write(document)));

    assertEquals(new Problem("kind", other, kind), e.problems().get(0));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void needsAName(String kind) throws Exception {
    Map<String, Object> document = Trees.with(Samples.document(kind), null, "metadata", "name");

    InvalidResourceException e =
        assertThrows(InvalidResourceException.class, () -> Resources.of(document));

    assertEquals(new Problem("metadata.name", "missing", "not empty"), e.problems().get(0));
  }

  /** Any value in any place either parses or is refused with a path; nothing else is thrown. */
  @ParameterizedTest
  @MethodSource("kinds")
  void refusesWrongTypesByPath(String kind) throws Exception {
    Random random = new Random(kind.hashCode());
    for (int i = 0; i < 500; i++) {
      Object damaged = damaged(Samples.document(kind), random);
      Map<String, Object> document = Json.asObject(damaged).orElse(Map.of());
      try {
        Resources.parse(kind, Json.write(document));
      } catch (InvalidResourceException e) {
        assertNotEquals(List.of(), e.problems());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void neverThrowsAnythingElseForAnyBytes(String kind) throws Exception {
    byte[] json = Samples.json(kind);
    Random random = new Random(kind.hashCode());
    for (int i = 0; i < 500; i++) {
      byte[] broken = json.clone();
      broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
      try {
        Resources.parse(kind, broken);
      } catch (InvalidResourceException e) {
        assertNotEquals(List.of(), e.problems());
      }
    }
  }

  @Test
  void keepsKindsItDoesNotKnow() throws Exception {
    byte[] json =
        "{\"apiVersion\":\"margay.io/v1\",\"kind\":\"Odd\",\"metadata\":{\"name\":\"x\"},\"data\":[1]}"
            .getBytes(StandardCharsets.UTF_8);

    Resource resource = Resources.parse(json);

    assertTrue(resource instanceof Document);
    assertEquals(
        new String(json, StandardCharsets.UTF_8),
        new String(resource.toJson(), StandardCharsets.UTF_8));
  }

  private static Map<String, Object> withUnknown(
      Map<String, Object> object, String path, List<String> added) {
    Map<String, Object> copy = new LinkedHashMap<>();
    object.forEach((name, value) -> copy.put(name, withUnknown(name, value, path, added)));
    copy.put("odd", Map.of("deep", List.of(1L, "x")));
    added.add(path);
    return copy;
  }

  private static Object withUnknown(String name, Object value, String path, List<String> added) {
    if (FREE.contains(name)) {
      return value;
    }
    if (value instanceof Map<?, ?>) {
      return withUnknown(Json.asObject(value).orElseThrow(), path + "." + name, added);
    }
    if (value instanceof List<?> list) {
      List<Object> copy = new ArrayList<>();
      list.forEach(element -> copy.add(withUnknown("element", element, path + "." + name, added)));
      return copy;
    }
    return value;
  }

  /** The value with one of its parts replaced by something of any type. */
  private static Object damaged(Object value, Random random) {
    if (value instanceof Map<?, ?> && !((Map<?, ?>) value).isEmpty() && random.nextInt(6) > 0) {
      Map<String, Object> copy = new LinkedHashMap<>(Json.asObject(value).orElseThrow());
      String name = new ArrayList<>(copy.keySet()).get(random.nextInt(copy.size()));
      copy.put(name, damaged(copy.get(name), random));
      return copy;
    }
    if (value instanceof List<?> list && !list.isEmpty() && random.nextInt(6) > 0) {
      List<Object> copy = new ArrayList<>(list);
      int index = random.nextInt(copy.size());
      copy.set(index, damaged(copy.get(index), random));
      return copy;
    }
    List<Object> others = new ArrayList<>();
    Collections.addAll(
        others, "", "x", "10.0.0.0/33", -1L, 1L << 40, true, List.of(7L), Map.of("a", 1L));
    others.add(null);
    return others.get(random.nextInt(others.size()));
  }
}
