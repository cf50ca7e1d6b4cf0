// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads BIRD's {@code show route primary all}: a line for each route, then its attributes, some of
 * them on several lines.
 */
final class BirdRoutes {
  private static final Pattern ROUTE = Pattern.compile("([0-9a-f.:]+/\\d+) .*\\[(\\w+) .*");
  private static final Pattern ATTRIBUTE = Pattern.compile("\tBGP\\.(\\w+):\\s*(.*)");
  private static final Pattern TUPLE = Pattern.compile("\\(([^)]*)\\)");

  private BirdRoutes() {}

  /**
   * The routes in the output.
   *
   * @param restarting names of the sessions whose routes are kept until the neighbour is back
   */
  static List<SeenRoute> parse(String output, Set<String> restarting) {
    List<SeenRoute> routes = new ArrayList<>();
    Matcher route = null;
    String name = "";
    Map<String, String> attributes = new HashMap<>();
    for (String line : output.lines().toList()) {
      Matcher head = ROUTE.matcher(line);
      Matcher attribute = ATTRIBUTE.matcher(line);
      if (head.matches()) {
        if (route != null) {
          routes.add(route(route, attributes, restarting));
        }
        route = head;
        attributes = new HashMap<>();
      } else if (attribute.matches()) {
        name = attribute.group(1);
        attributes.put(name, attribute.group(2));
      } else if (line.startsWith("\t\t")) {
        attributes.merge(name, line, String::concat);
      }
    }
    if (route != null) {
      routes.add(route(route, attributes, restarting));
    }
    return routes;
  }

  private static SeenRoute route(
      Matcher head, Map<String, String> attributes, Set<String> restarting) {
    return new SeenRoute(
        Cidr.parse(head.group(1)),
        // With a link-local address behind it when there is one.
        Ip.parse(words(attributes, "next_hop").get(0)),
        words(attributes, "as_path").stream().map(Long::valueOf).toList(),
        communities(attributes),
        number(attributes, "med"),
        number(attributes, "local_pref"),
        attributes.getOrDefault("originator_id", ""),
        words(attributes, "cluster_list"),
        restarting.contains(head.group(2)));
  }

  private static Set<String> communities(Map<String, String> attributes) {
    Set<String> communities = new HashSet<>();
    for (String kind : List.of("community", "ext_community", "large_community")) {
      Matcher tuple = TUPLE.matcher(attributes.getOrDefault(kind, ""));
      while (tuple.find()) {
        communities.add(tuple.group(1).replaceAll("\\s*,\\s*", ":"));
      }
    }
    return communities;
  }

  private static OptionalLong number(Map<String, String> attributes, String name) {
    String value = attributes.get(name);
    return value == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
  }

  private static List<String> words(Map<String, String> attributes, String name) {
    String value = attributes.getOrDefault(name, "").strip();
    return value.isEmpty() ? List.of() : List.of(value.split("\\s+"));
  }
}
