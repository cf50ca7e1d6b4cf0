// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

/** Autonomous system numbers as text. RFC 5396: plain, or dotted as in {@code 1.10}. */
final class AsNumber {
  private static final long MAX = 0xffffffffL;

  private AsNumber() {}

  static long parse(String text) {
    String[] parts = text.split("\\.", -1);
    long value = -1;
    if (parts.length == 1) {
      value = part(parts[0], MAX);
    } else if (parts.length == 2) {
      long high = part(parts[0], 0xffff);
      long low = part(parts[1], 0xffff);
      value = high < 0 || low < 0 ? -1 : high << 16 | low;
    }
    if (value < 0) {
      throw new IllegalArgumentException(
          "asNumber: " + text + " (expected: 0..4294967295, or dotted as in 1.10)");
    }
    return value;
  }

  private static long part(String digits, long max) {
    if (!digits.matches("[0-9]{1,10}")) {
      return -1;
    }
    long value = Long.parseLong(digits);
    return value <= max ? value : -1;
  }
}
