// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * Reads the fields of one JSON object, and notes what is wrong instead of stopping. A field that is
 * {@code null} counts as absent, as in Go.
 *
 * <p>It also remembers which fields were asked for: the others are unknown to us.
 */
final class Fields {
  private final Map<String, Object> values;
  private final String path;
  private final Findings findings;
  private final Set<String> asked = new HashSet<>();
  private final Map<String, Fields> children = new HashMap<>();

  /** What the reading of one document brought up. */
  static final class Findings {
    // A field that is read twice is wrong once.
    private final Set<Problem> problems = new LinkedHashSet<>();
    private final List<Fields> read = new ArrayList<>();

    List<Problem> problems() {
      return List.copyOf(problems);
    }

    /** Paths of the fields that nobody asked for. */
    List<String> unknown() {
      List<String> names = new ArrayList<>();
      for (Fields fields : read) {
        fields.values.keySet().stream()
            .filter(name -> !fields.asked.contains(name))
            .forEach(name -> names.add(fields.at(name)));
      }
      return List.copyOf(names);
    }
  }

  private Fields(Map<String, Object> values, String path, Findings findings) {
    this.values = values;
    this.path = path;
    this.findings = findings;
    findings.read.add(this);
  }

  static Fields root(Map<String, Object> document) {
    return new Fields(document, "", new Findings());
  }

  Map<String, Object> values() {
    return values;
  }

  Findings findings() {
    return findings;
  }

  boolean has(String name) {
    return values.get(name) != null;
  }

  /** Full path of a field. */
  String at(String name) {
    return path.isEmpty() || name.isEmpty() ? path + name : path + "." + name;
  }

  void problem(String name, Object value, String expected) {
    findings.problems.add(new Problem(at(name), Json.shown(value), expected));
  }

  void problem(String name, String expected) {
    problem(name, has(name) ? values.get(name) : "missing", expected);
  }

  /** The value as it is, whatever its type; null when absent. */
  Object any(String name) {
    asked.add(name);
    return values.get(name);
  }

  /** The object in a field, without fields when it is absent; the same one each time. */
  Fields object(String name) {
    Fields known = children.get(name);
    if (known != null) {
      return known;
    }
    Object value = any(name);
    Optional<Map<String, Object>> object = Json.asObject(value);
    if (value != null && object.isEmpty()) {
      problem(name, "an object");
    }
    Fields child = new Fields(object.orElse(Map.of()), at(name), findings);
    children.put(name, child);
    return child;
  }

  List<Fields> objects(String name) {
    List<Object> array = array(name);
    List<Fields> list = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      String element = name + "[" + i + "]";
      Optional<Map<String, Object>> object = Json.asObject(array.get(i));
      if (object.isEmpty()) {
        problem(element, array.get(i), "an object");
      }
      list.add(new Fields(object.orElse(Map.of()), at(element), findings));
    }
    return list;
  }

  Optional<String> text(String name) {
    Object value = any(name);
    if (value == null || value instanceof String) {
      return Optional.ofNullable((String) value);
    }
    problem(name, "a text");
    return Optional.empty();
  }

  String text(String name, String otherwise) {
    return text(name).orElse(otherwise);
  }

  /** A text that must be there and not empty. */
  Optional<String> required(String name) {
    Optional<String> text = text(name).filter(s -> !s.isEmpty());
    if (text.isEmpty() && (!has(name) || values.get(name).equals(""))) {
      problem(name, "not empty");
    }
    return text;
  }

  boolean flag(String name, boolean otherwise) {
    return flag(name).orElse(otherwise);
  }

  Optional<Boolean> flag(String name) {
    Object value = any(name);
    if (value == null || value instanceof Boolean) {
      return Optional.ofNullable((Boolean) value);
    }
    problem(name, "true or false");
    return Optional.empty();
  }

  /** A whole number within bounds. */
  Optional<Long> number(String name, long min, long max) {
    Object value = any(name);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof Long n && n >= min && n <= max) {
      return Optional.of(n);
    }
    problem(name, min + ".." + max);
    return Optional.empty();
  }

  OptionalInt integer(String name, int min, int max) {
    Optional<Long> number = number(name, min, max);
    return number.isPresent() ? OptionalInt.of(number.get().intValue()) : OptionalInt.empty();
  }

  int integer(String name, int min, int max, int otherwise) {
    return integer(name, min, max).orElse(otherwise);
  }

  /** A text that must be one of these. */
  Optional<String> oneOf(String name, String... allowed) {
    Optional<String> text = text(name).filter(s -> !s.isEmpty());
    if (text.isPresent() && !List.of(allowed).contains(text.get())) {
      problem(name, "one of " + String.join(", ", allowed));
      return Optional.empty();
    }
    return text;
  }

  /** A constant by its name in Calico's spelling. */
  <E extends Enum<E>> E choice(String name, Class<E> type, E otherwise) {
    return text(name)
        .filter(s -> !s.isEmpty())
        .flatMap(s -> constant(name, s, type))
        .orElse(otherwise);
  }

  <E extends Enum<E>> Set<E> choices(String name, Class<E> type, Set<E> otherwise) {
    if (array(name).isEmpty()) {
      return otherwise;
    }
    Set<E> set = new HashSet<>();
    List<String> texts = texts(name);
    for (int i = 0; i < texts.size(); i++) {
      constant(name + "[" + i + "]", texts.get(i), type).ifPresent(set::add);
    }
    return Set.copyOf(set);
  }

  Optional<Cidr> cidr(String name) {
    return parsed(name, Cidr::parse);
  }

  Optional<InetAddress> address(String name) {
    return parsed(name, Ip::parse);
  }

  /** An address that must be of this family. */
  Optional<InetAddress> address(String name, IpFamily family) {
    Optional<InetAddress> address = address(name);
    if (address.filter(a -> IpFamily.of(a) != family).isPresent()) {
      problem(name, family == IpFamily.IPV4 ? "an IPv4 address" : "an IPv6 address");
      return Optional.empty();
    }
    return address;
  }

  Optional<Selector> selector(String name) {
    return parsed(name, Selector::parse);
  }

  /** A time span in Go's form, such as {@code 1m30s}. */
  Optional<Duration> duration(String name) {
    return parsed(name, GoDuration::parse);
  }

  /** An AS number as a number, or as a text, plain or dotted. */
  Optional<Long> asNumber(String name) {
    Object value = any(name);
    if (value == null || value.equals("")) {
      return Optional.empty();
    }
    try {
      return Optional.of(AsNumber.parse(String.valueOf(value)));
    } catch (IllegalArgumentException e) {
      problem(name, expectation(e));
      return Optional.empty();
    }
  }

  /** A text that this function understands; its IllegalArgumentException says what it expects. */
  <T> Optional<T> parsed(String name, Function<String, T> parser) {
    return text(name).filter(s -> !s.isEmpty()).flatMap(s -> convert(name, s, parser));
  }

  /** A list of texts that this function understands. */
  <T> List<T> parsedList(String name, Function<String, T> parser) {
    List<T> list = new ArrayList<>();
    List<String> texts = texts(name);
    for (int i = 0; i < texts.size(); i++) {
      convert(name + "[" + i + "]", texts.get(i), parser).ifPresent(list::add);
    }
    return List.copyOf(list);
  }

  List<String> texts(String name) {
    List<Object> array = array(name);
    List<String> list = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      if (array.get(i) instanceof String s) {
        list.add(s);
      } else {
        problem(name + "[" + i + "]", array.get(i), "a text");
      }
    }
    return List.copyOf(list);
  }

  Map<String, String> textMap(String name) {
    Object value = any(name);
    Optional<Map<String, Object>> object = Json.asObject(value);
    if (object.isEmpty()) {
      if (value != null) {
        problem(name, "an object");
      }
      return Map.of();
    }
    Map<String, String> map = new LinkedHashMap<>();
    object
        .get()
        .forEach(
            (key, v) -> {
              if (v instanceof String s) {
                map.put(key, s);
              } else {
                problem(name + "." + key, v, "a text");
              }
            });
    return Collections.unmodifiableMap(map);
  }

  List<Object> array(String name) {
    Object value = any(name);
    if (value instanceof List<?> list) {
      return Collections.unmodifiableList(list);
    }
    if (value != null) {
      problem(name, "a list");
    }
    return List.of();
  }

  private <T> Optional<T> convert(String name, String text, Function<String, T> parser) {
    try {
      return Optional.of(parser.apply(text));
    } catch (IllegalArgumentException e) {
      problem(name, text, expectation(e));
      return Optional.empty();
    }
  }

  private <E extends Enum<E>> Optional<E> constant(String name, String text, Class<E> type) {
    List<String> allowed = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      if (Words.of(constant).equals(text)) {
        return Optional.of(constant);
      }
      allowed.add(Words.of(constant));
    }
    problem(name, text, "one of " + String.join(", ", allowed));
    return Optional.empty();
  }

  /** What our messages of the form {@code name: value (expected: X)} expect. */
  private static String expectation(IllegalArgumentException e) {
    String message = String.valueOf(e.getMessage());
    int start = message.indexOf("(expected: ");
    return start >= 0 && message.endsWith(")")
        ? message.substring(start + "(expected: ".length(), message.length() - 1)
        : message;
  }
}
