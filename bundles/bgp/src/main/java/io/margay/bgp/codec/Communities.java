// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Communities and identifiers as text. */
public final class Communities {
  private static final Map<Integer, String> NAMES =
      Map.of(
          PathAttributes.NO_EXPORT, "no-export",
          PathAttributes.NO_ADVERTISE, "no-advertise",
          PathAttributes.NO_EXPORT_SUBCONFED, "no-export-subconfed",
          PathAttributes.GRACEFUL_SHUTDOWN, "graceful-shutdown",
          PathAttributes.BLACKHOLE, "blackhole");

  private Communities() {}

  /** One word for {@code aa:nn}, three for {@code aa:nn:mm}. */
  static int[] parse(String text) {
    String[] parts = text.split(":", -1);
    long max = parts.length == 2 ? 0xffff : 0xffffffffL;
    long[] values = new long[parts.length];
    for (int i = 0; i < parts.length; i++) {
      values[i] = parts[i].matches("[0-9]{1,10}") ? Long.parseLong(parts[i]) : -1;
      if (parts.length < 2 || parts.length > 3 || values[i] < 0 || values[i] > max) {
        throw new IllegalArgumentException(
            "community: " + text + " (expected: aa:nn of 0..65535, or aa:nn:mm of 0..4294967295)");
      }
    }
    return values.length == 2
        ? new int[] {(int) (values[0] << 16 | values[1])}
        : new int[] {(int) values[0], (int) values[1], (int) values[2]};
  }

  /** A dotted quad. */
  public static String identifier(int id) {
    return (id >>> 24) + "." + (id >>> 16 & 0xff) + "." + (id >>> 8 & 0xff) + "." + (id & 0xff);
  }

  /** {@code aa:nn}, or the name of a well-known one. */
  static String text(int community) {
    return NAMES.getOrDefault(community, (community >>> 16) + ":" + (community & 0xffff));
  }

  /** All kinds that a route has, such as {@code communities 65000:1,no-export}. */
  static List<String> describe(PathAttributes attributes) {
    List<String> lines = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int community : attributes.communities()) {
      texts.add(text(community));
    }
    add(lines, "communities", texts);
    int[] large = attributes.largeCommunities();
    for (int i = 0; i < large.length; i += 3) {
      texts.add(
          Integer.toUnsignedString(large[i])
              + ":"
              + Integer.toUnsignedString(large[i + 1])
              + ":"
              + Integer.toUnsignedString(large[i + 2]));
    }
    add(lines, "large-communities", texts);
    int[] extended = attributes.extendedCommunities();
    for (int i = 0; i < extended.length; i += 2) {
      texts.add(String.format("%08x%08x", extended[i], extended[i + 1]));
    }
    add(lines, "extended-communities", texts);
    return lines;
  }

  /** All kinds together; empty when there are none. */
  public static String all(PathAttributes attributes) {
    List<String> all = new ArrayList<>();
    describe(attributes).forEach(line -> all.add(line.substring(line.indexOf(' ') + 1)));
    return String.join(",", all);
  }

  private static void add(List<String> lines, String name, List<String> texts) {
    if (!texts.isEmpty()) {
      lines.add(name + " " + String.join(",", texts));
      texts.clear();
    }
  }
}
