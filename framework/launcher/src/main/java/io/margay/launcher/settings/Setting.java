// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher.settings;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * What one configuration key may hold.
 *
 * @param type a metatype scalar type: String, Integer, Boolean ...
 * @param initial the value when there is none, empty when there is no default
 * @param min smallest number, or smallest length of a String; null when there is none
 * @param max largest number, or largest length of a String; null when there is none
 * @param options the only allowed values; empty allows any
 * @param description a sentence with the unit
 */
public record Setting(
    String key,
    String type,
    String initial,
    String min,
    String max,
    List<String> options,
    String description) {
  public Setting {
    options = List.copyOf(options);
  }

  /** What is wrong with the value, as "expected: ...", or empty when it is fine. */
  public Optional<String> objection(String value) {
    if (!options.isEmpty()) {
      return options.contains(value) ? Optional.empty() : Optional.of(expectation());
    }
    boolean fine =
        switch (type) {
          case "Boolean" -> value.equals("true") || value.equals("false");
          case "Long" -> isInteger(value, Long.SIZE);
          case "Integer" -> isInteger(value, Integer.SIZE);
          case "Short" -> isInteger(value, Short.SIZE);
          case "Byte" -> isInteger(value, Byte.SIZE);
          case "Double", "Float" -> isNumber(value) && isWithin(new BigDecimal(value));
          case "Char", "Character" -> value.length() == 1;
          default -> isWithin(BigDecimal.valueOf(value.length()));
        };
    return fine ? Optional.empty() : Optional.of(expectation());
  }

  private boolean isInteger(String value, int bits) {
    return value.matches("[+-]?[0-9]+")
        && new BigInteger(value).bitLength() < bits
        && isWithin(new BigDecimal(value));
  }

  private static boolean isNumber(String value) {
    return value.matches("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?");
  }

  private boolean isWithin(BigDecimal number) {
    return (min == null || number.compareTo(new BigDecimal(min)) >= 0)
        && (max == null || number.compareTo(new BigDecimal(max)) <= 0);
  }

  /** What it may hold, such as {@code a whole number 1..256}. */
  public String expectation() {
    if (!options.isEmpty()) {
      return "one of " + String.join(", ", options);
    }
    return switch (type) {
      case "Boolean" -> "true or false";
      case "Char", "Character" -> "one character";
      case "String", "Password" ->
          range().isEmpty() ? "a text" : "a text of" + range() + " characters";
      case "Double", "Float" -> "a number" + range();
      default -> "a whole number" + range();
    };
  }

  private String range() {
    if (min == null && max == null) {
      return "";
    }
    if (max == null) {
      return " " + min + " or more";
    }
    return min == null ? " at most " + max : " " + min + ".." + max;
  }
}
