// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

/** BGP communities as text: {@code aa:nn} (RFC 1997) or {@code aa:nn:mm} (RFC 8092, large). */
final class Community {
  private static final long MAX_SMALL = 0xffff;
  private static final long MAX_LARGE = 0xffffffffL;

  private Community() {}

  /** The text itself when it is a community. */
  static String checked(String text) {
    String[] parts = text.split(":", -1);
    boolean isValid = parts.length == 2 || parts.length == 3;
    long max = parts.length == 2 ? MAX_SMALL : MAX_LARGE;
    for (String part : parts) {
      isValid &= part.matches("[0-9]{1,10}") && Long.parseLong(part) <= max;
    }
    if (!isValid) {
      throw new IllegalArgumentException(
          "community: " + text + " (expected: aa:nn of 0..65535, or aa:nn:mm of 0..4294967295)");
    }
    return text;
  }
}
