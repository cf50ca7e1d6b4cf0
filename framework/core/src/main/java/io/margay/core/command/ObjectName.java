// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What identifies a kernel object, out of its text: two with one name cannot both exist. */
final class ObjectName {
  private static final List<String> ROUTE_TYPES =
      List.of("local", "blackhole", "unreachable", "prohibit", "throw", "broadcast", "multicast");

  /** Parts of a route's key beside its destination. */
  private static final Pattern ROUTE_KEY = Pattern.compile(" (table|metric) (\\d+)");

  private ObjectName() {}

  /** The name, the begin of the text as far as that will do. */
  static String of(String text) {
    String[] words = text.split(" ");
    return switch (words[0]) {
      case "route" -> route(text, words);
      case "address", "neigh", "fdb" -> first(words, 4);
      case "rule" -> first(words, 3) + (text.contains(":") ? " inet6" : "");
      case "link", "sysctl" -> first(words, 2);
      case "offload", "qdisc" -> first(words, 3);
      case "nft" -> text.startsWith("nft table") ? first(words, 4) : text;
      case "bpf" -> bpf(text, words);
      default -> text;
    };
  }

  private static String route(String text, String[] words) {
    boolean hasType = words.length > 2 && ROUTE_TYPES.contains(words[1]);
    StringBuilder name = new StringBuilder("route ").append(words[hasType ? 2 : 1]);
    Matcher key = ROUTE_KEY.matcher(text);
    while (key.find()) {
      name.append(key.group());
    }
    return name.toString();
  }

  private static String bpf(String text, String[] words) {
    if (words[1].equals("program")) {
      return first(words, 6);
    }
    int value = text.indexOf(" value hex ");
    return value < 0 ? first(words, 3) : text.substring(0, value);
  }

  private static String first(String[] words, int count) {
    return String.join(" ", Arrays.copyOf(words, Math.min(count, words.length)));
  }
}
