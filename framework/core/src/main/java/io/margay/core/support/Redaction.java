// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Takes secrets out of texts: values that are known to be secret, wherever they are, and what
 * stands after a name that says so.
 */
final class Redaction {
  private static final String MASK = "***";
  private static final String NAMES =
      "(?:password|passwd|passphrase|secret|token|credential|private[-_. ]?key|api[-_."
          + " ]?key|hash)s?";

  /** Names of which the value is secret; {@code secretKeyRef} and the like only name one. */
  private static final Pattern NAME = Pattern.compile("(?i).*" + NAMES);

  /** {@code name=value}, {@code name: value}, {@code "name":"value"}; the first group stays. */
  private static final Pattern NAMED =
      Pattern.compile(
          "(?i)([\\w.-]*"
              + NAMES
              + "\\\\?\"?\\s*[:=]\\s*)(\\\\\"[^\"\\\\]*\\\\\"|\"(?:[^\"\\\\]|\\\\.)*\"|[^\\s,;}\\]]+)");

  /** Keys and certificates as text. */
  private static final Pattern PEM =
      Pattern.compile("(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----");

  /** What follows the name of a scheme in a header of HTTP. */
  private static final Pattern BEARER = Pattern.compile("(?i)\\b(bearer|basic) +[\\w.~+/=-]{8,}");

  /** Values of settings that are no secret, whatever they are called. */
  private static final Pattern WORD = Pattern.compile("(?i)true|false|none|any|\\d{1,5}|/.*");

  /** What is shorter is in too many words that are none. */
  private static final int MIN_LENGTH = 4;

  private static final int MAX_BYTES = 64 << 10;

  /** The longest first, since one may begin with another. */
  private final Set<String> values =
      new TreeSet<>(
          Comparator.comparing(String::length).reversed().thenComparing(Comparator.naturalOrder()));

  /** A value is secret. */
  void learn(String value) {
    String text = value.strip();
    if (text.length() >= MIN_LENGTH) {
      values.add(text);
    }
  }

  /** A setting has this value, which is secret if its name says so. */
  void learn(String name, Object value) {
    if (value != null
        && NAME.matcher(name).matches()
        && !WORD.matcher(value.toString()).matches()) {
      learn(value.toString());
    }
  }

  /** Every file below is a secret. */
  void learnFiles(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        if (Files.size(file) <= MAX_BYTES) {
          String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
          text.lines().forEach(this::learn);
        }
      }
    }
  }

  /** The settings of the files {@code *.cfg} in a folder. */
  void learnSettings(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file :
          (Iterable<Path>) files.filter(f -> f.toString().endsWith(".cfg"))::iterator) {
        for (String line : Files.readAllLines(file)) {
          String[] parts = line.split("[=:]", 2);
          if (parts.length == 2 && !line.startsWith("#")) {
            String value = parts[1].strip();
            learn(parts[0].strip(), value);
            learn(parts[0].strip(), value.replaceAll("^\"|\"$", ""));
          }
        }
      }
    }
  }

  /** A resource of kind Secret: all of its data. */
  void learnResource(byte[] json) {
    try {
      Map<String, Object> root = Json.parseObject(json);
      for (String field : Set.of("data", "stringData")) {
        Json.asObject(root.get(field))
            .ifPresent(data -> data.values().forEach(v -> learnEncoded(String.valueOf(v))));
      }
    } catch (InvalidResourceException e) {
      learn(new String(json, StandardCharsets.UTF_8)); // Whatever it is, it is not to be told.
    }
  }

  private void learnEncoded(String value) {
    learn(value);
    try {
      learn(new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return; // Not encoded.
    }
  }

  /** The text without secrets. */
  String apply(String text) {
    String clean = text;
    for (String value : values) {
      clean = clean.replace(value, MASK);
    }
    clean = BEARER.matcher(clean).replaceAll("$1 " + MASK);
    clean = PEM.matcher(clean).replaceAll(MASK);
    return NAMED
        .matcher(clean)
        .replaceAll(found -> Matcher.quoteReplacement(masked(found.group(1), found.group(2))));
  }

  private static String masked(String name, String value) {
    String quote = value.startsWith("\\\"") ? "\\\"" : value.startsWith("\"") ? "\"" : "";
    return name + quote + MASK + quote;
  }
}
