// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * JSON as plain Java values: {@code Map<String, Object>} in the order of the text, {@code
 * List<Object>}, {@code String}, {@code Boolean}, {@code null}, and numbers as {@code Long}, {@code
 * BigInteger} (integers beyond a long) or {@code BigDecimal}. What is parsed is immutable.
 */
public final class Json {
  private static final int TEXT_SHOWN = 60;

  /** Fields up to which searching one by one is quick. */
  private static final int MAX_SEARCHED = 16;

  private Json() {}

  /**
   * Parses one document of UTF-8 JSON (RFC 8259, strictly; a field twice in an object is refused).
   *
   * @throws InvalidResourceException with the place of the mistake
   */
  public static Object parse(byte[] json) throws InvalidResourceException {
    JsonReader reader = new JsonReader(new StringReader(decode(json)));
    reader.setStrictness(Strictness.STRICT);
    try {
      Object value = read(reader);
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new MalformedJsonException("text after the document");
      }
      return value;
    } catch (EOFException e) {
      throw notJson(json, "the document ends early", e);
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw notJson(json, reason(e), e);
    }
  }

  /** Parses a document whose outermost value is an object. */
  public static Map<String, Object> parseObject(byte[] json) throws InvalidResourceException {
    Object value = parse(json);
    return asObject(value)
        .orElseThrow(
            () ->
                new InvalidResourceException(
                    "document", List.of(new Problem("", shown(value), "a JSON object"))));
  }

  /**
   * Compact UTF-8 JSON of such values.
   *
   * @throws IllegalArgumentException for a value of another type
   */
  public static byte[] write(Object value) {
    StringWriter text = new StringWriter();
    try (JsonWriter writer = new JsonWriter(text)) {
      writer.setHtmlSafe(false);
      write(writer, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // A StringWriter does no I/O.
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The value as an object, or empty when it is of another type. */
  @SuppressWarnings("unchecked") // JSON objects have no other keys, here and in all we are given.
  public static Optional<Map<String, Object>> asObject(Object value) {
    return value instanceof Map<?, ?> map
        ? Optional.of((Map<String, Object>) map)
        : Optional.empty();
  }

  /** The value as compact JSON text, shortened, for error messages. */
  static String shown(Object value) {
    String text = value instanceof String s ? s : new String(write(value), StandardCharsets.UTF_8);
    return text.length() <= TEXT_SHOWN ? text : text.substring(0, TEXT_SHOWN) + "...";
  }

  private static Object read(JsonReader reader) throws IOException {
    return switch (reader.peek()) {
      case BEGIN_OBJECT -> readObject(reader);
      case BEGIN_ARRAY -> readArray(reader);
      case STRING -> reader.nextString();
      case NUMBER -> number(reader.nextString());
      case BOOLEAN -> reader.nextBoolean();
      case NULL -> {
        reader.nextNull();
        yield null;
      }
      default -> throw new MalformedJsonException("unexpected " + reader.peek());
    };
  }

  private static Map<String, Object> readObject(JsonReader reader) throws IOException {
    List<String> names = new ArrayList<>();
    List<Object> values = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    reader.beginObject();
    while (reader.hasNext()) {
      // The same few names come in every document: one copy of each will do.
      String name = reader.nextName().intern();
      if (!seen.add(name)) {
        throw new MalformedJsonException("field " + name + " twice at " + reader.getPath());
      }
      names.add(name);
      values.add(read(reader));
    }
    reader.endObject();
    return names.size() <= MAX_SEARCHED ? new JsonObject(names, values) : map(names, values);
  }

  private static Map<String, Object> map(List<String> names, List<Object> values) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      map.put(names.get(i), values.get(i));
    }
    return Collections.unmodifiableMap(map);
  }

  private static List<Object> readArray(JsonReader reader) throws IOException {
    List<Object> array = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      array.add(read(reader));
    }
    reader.endArray();
    return Collections.unmodifiableList(Arrays.asList(array.toArray()));
  }

  private static Number number(String text) {
    if (text.chars().allMatch(c -> c == '-' || Character.isDigit(c))) {
      BigInteger value = new BigInteger(text);
      return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
    }
    return new BigDecimal(text);
  }

  private static void write(JsonWriter writer, Object value) throws IOException {
    if (value == null) {
      writer.nullValue();
    } else if (value instanceof String s) {
      writer.value(s);
    } else if (value instanceof Boolean b) {
      writer.value(b);
    } else if (value instanceof Number n) {
      writer.value(n);
    } else if (value instanceof Iterable<?> array) {
      writer.beginArray();
      for (Object element : array) {
        write(writer, element);
      }
      writer.endArray();
    } else if (value instanceof Map<?, ?> object) {
      writer.beginObject();
      for (Map.Entry<?, ?> field : object.entrySet()) {
        writer.name((String) field.getKey());
        write(writer, field.getValue());
      }
      writer.endObject();
    } else {
      throw new IllegalArgumentException(
          value.getClass().getName() + " (expected: a type that JSON has)");
    }
  }

  /** What gson says, without its advice to programmers. */
  private static String reason(Exception e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return message.replaceFirst("^Use JsonReader.* to accept malformed JSON", "malformed");
  }

  private static String decode(byte[] json) throws InvalidResourceException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
    } catch (CharacterCodingException e) {
      throw notJson(json, "not UTF-8", e);
    }
  }

  private static InvalidResourceException notJson(byte[] json, String why, Exception cause) {
    String text = new String(json, StandardCharsets.UTF_8).strip();
    return new InvalidResourceException(
        "document", List.of(new Problem("", shown(text), "JSON; " + why)), cause);
  }
}
