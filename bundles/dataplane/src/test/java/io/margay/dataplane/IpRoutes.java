// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/** The output of {@code ip route show}, as the oracle of what the kernel holds. */
final class IpRoutes {
  private IpRoutes() {}

  /** Whether the node has exactly this route, whoever made it. */
  static boolean holds(TestNode node, Route route) {
    return !find(node, route).isEmpty();
  }

  /** Whether the node has this route with this protocol. */
  static boolean holds(TestNode node, Route route, int protocol) {
    return find(node, route).stream().anyMatch(line -> word(line, "proto").equals("" + protocol));
  }

  private static List<String> find(TestNode node, Route route) {
    String family = route.destination().family() == IpFamily.IPV4 ? "-4" : "-6";
    String text = node.ip(family + " route show exact " + route.destination() + " table all");
    String wanted = normal(route);
    return text.replace("\n\t", " ").lines().filter(l -> normal(l).equals(wanted)).toList();
  }

  private static String normal(Route route) {
    TreeSet<String> hops = new TreeSet<>();
    for (NextHop hop : route.nextHops()) {
      hops.add(
          hop.gateway().map(Ip::text).orElse("")
              + "%"
              + hop.link().orElse("")
              + (hop.onlink() ? "!" : ""));
    }
    return String.join(
        " ",
        route.type().name().toLowerCase(Locale.ROOT),
        "table=" + (route.table() == Route.MAIN_TABLE ? "" : route.table()),
        "metric=" + (route.key().metric() == 0 ? "" : route.key().metric()),
        "src=" + route.source().map(Ip::text).orElse(""),
        "mtu=" + (route.mtuBytes().isPresent() ? route.mtuBytes().getAsInt() : ""),
        hops.toString());
  }

  private static String normal(String line) {
    List<String> words = Arrays.asList(line.strip().split("\\s+"));
    boolean typed = Character.isLetter(words.get(0).charAt(0)) && words.get(0).length() > 4;
    boolean forwards = !typed || words.get(0).matches("local|unicast");
    TreeSet<String> hops = new TreeSet<>();
    if (words.contains("nexthop")) {
      for (String hop : line.substring(line.indexOf("nexthop")).split("nexthop")) {
        Optional.of(hop.strip()).filter(h -> !h.isEmpty()).ifPresent(h -> hops.add(hop(h)));
      }
    } else if (forwards) {
      hops.add(hop(line));
    }
    return String.join(
        " ",
        typed ? words.get(0) : "unicast",
        "table=" + word(line, "table"),
        "metric=" + word(line, "metric"),
        "src=" + word(line, "src"),
        "mtu=" + word(line, "mtu"),
        hops.toString());
  }

  private static String hop(String text) {
    boolean onlink = text.contains(" onlink");
    return word(text, "via") + "%" + word(text, "dev") + (onlink ? "!" : "");
  }

  /** The word after this one, or nothing. */
  private static String word(String line, String before) {
    List<String> words = Arrays.asList(line.strip().split("\\s+"));
    int at = words.indexOf(before);
    return at < 0 ? "" : words.get(at + 1);
  }
}
