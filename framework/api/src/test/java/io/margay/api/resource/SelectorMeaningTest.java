// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Any selector means what its parts mean, however it is written, and so does its canonical form.
 */
class SelectorMeaningTest {
  private static final List<String> NAMES = List.of("a", "b", "in", "k8s.io/x_y", "not");
  private static final List<String> VALUES = List.of("", "v", "vw", "wv", "w x");

  private final Random random = new Random(13);

  /** A text and what it is meant to say, made up together. */
  private record Meant(String text, Predicate<Map<String, String>> meaning) {}

  @Test
  void meansWhatItsPartsMean() {
    for (int round = 0; round < 3000; round++) {
      Meant meant = or(3);
      Selector selector = Selector.parse(blank() + meant.text() + blank());
      Selector again = Selector.parse(selector.canonical());
      assertEquals(selector, again);
      assertEquals(selector.canonical(), again.canonical());
      for (int i = 0; i < 10; i++) {
        Map<String, String> labels = labels();
        boolean expected = meant.meaning().test(labels);
        assertEquals(expected, selector.matches(labels), meant.text() + " of " + labels);
        assertEquals(expected, again.matches(labels), selector.canonical() + " of " + labels);
      }
    }
  }

  private Meant or(int depth) {
    Meant left = and(depth);
    if (random.nextInt(3) > 0) {
      return left;
    }
    Meant right = or(depth);
    return new Meant(
        left.text() + blank() + "||" + blank() + right.text(), left.meaning().or(right.meaning()));
  }

  private Meant and(int depth) {
    Meant left = not(depth);
    if (random.nextInt(3) > 0) {
      return left;
    }
    Meant right = and(depth);
    return new Meant(
        left.text() + blank() + "&&" + blank() + right.text(), left.meaning().and(right.meaning()));
  }

  private Meant not(int depth) {
    if (random.nextInt(4) == 0) {
      Meant operand = not(depth);
      return new Meant("!" + blank() + operand.text(), operand.meaning().negate());
    }
    if (depth > 0 && random.nextInt(3) == 0) {
      Meant inner = or(depth - 1);
      return new Meant("(" + blank() + inner.text() + blank() + ")", inner.meaning());
    }
    return test();
  }

  private Meant test() {
    String name = one(NAMES);
    String value = one(VALUES);
    String quoted = random.nextBoolean() ? "'" + value + "'" : '"' + value + '"';
    return switch (random.nextInt(9)) {
      case 0 -> new Meant("all(" + blank() + ")", l -> true);
      case 1 -> new Meant("has(" + blank() + name + blank() + ")", l -> l.containsKey(name));
      case 2 -> new Meant(name + blank() + "==" + blank() + quoted, l -> value.equals(l.get(name)));
      case 3 ->
          new Meant(name + blank() + "!=" + blank() + quoted, l -> !value.equals(l.get(name)));
      case 4 ->
          new Meant(
              name + " contains" + blank() + quoted,
              l -> l.containsKey(name) && l.get(name).contains(value));
      case 5 ->
          new Meant(
              name + " starts" + blank() + "with" + blank() + quoted,
              l -> l.containsKey(name) && l.get(name).startsWith(value));
      case 6 ->
          new Meant(
              name + " ends" + blank() + "with" + blank() + quoted,
              l -> l.containsKey(name) && l.get(name).endsWith(value));
      case 7 -> set(name, " in", false);
      default -> set(name, random.nextBoolean() ? " notin" : " not in", true);
    };
  }

  private Meant set(String name, String operator, boolean negated) {
    List<String> values = IntStream.range(0, random.nextInt(3)).mapToObj(i -> one(VALUES)).toList();
    String list =
        values.stream()
            .map(v -> blank() + "'" + v + "'" + blank())
            .collect(Collectors.joining(",", "{", "}"));
    return new Meant(
        name + operator + blank() + list,
        l -> negated != (l.containsKey(name) && values.contains(l.get(name))));
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new HashMap<>();
    NAMES.stream().filter(n -> random.nextBoolean()).forEach(n -> labels.put(n, one(VALUES)));
    return labels;
  }

  private String blank() {
    return one(List.of("", " ", "\t", "  "));
  }

  private String one(List<String> list) {
    return list.get(random.nextInt(list.size()));
  }
}
