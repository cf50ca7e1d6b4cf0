// SPDX-License-Identifier: Apache-2.0
package io.margay.core.map;

import io.margay.core.map.ClusterMap.NodeOf;
import io.margay.core.map.ClusterMap.PoolOf;
import io.margay.core.map.ClusterMap.SessionOf;
import io.margay.core.map.ClusterMap.ShareOf;
import io.margay.core.map.ClusterMap.State;
import io.margay.core.map.ClusterMap.WayOf;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A map as text, 80 columns wide as long as names are short. */
final class MapText {
  private static final int BAR = 10;
  private static final int MOST_NAMES = 4;

  /** Of more nodes than these only the number is said. */
  private static final int MOST_NAMED = 5;

  private MapText() {}

  static String of(ClusterMap map) {
    StringBuilder text = new StringBuilder();
    long pods = map.nodes().stream().mapToLong(NodeOf::pods).sum();
    text.append(
        count(map.nodes().size(), "node")
            + ", "
            + count(map.pools().size(), "pool")
            + ", "
            + count(pods, "pod"));
    int width = map.nodes().stream().mapToInt(n -> n.name().length()).max().orElse(0);
    bySubnet(map.nodes())
        .forEach(
            (subnet, nodes) -> {
              text.append("\n\n").append(subnet.isEmpty() ? "without an address" : subnet);
              nodes.forEach(n -> node(text, n, width));
            });
    Set<String> silent =
        map.nodes().stream()
            .filter(n -> n.state() == State.SILENT)
            .map(NodeOf::name)
            .collect(Collectors.toSet());
    map.pools().forEach(pool -> pool(text, pool, silent, width));
    return text.toString();
  }

  private static Map<String, List<NodeOf>> bySubnet(List<NodeOf> nodes) {
    return nodes.stream()
        .collect(Collectors.groupingBy(NodeOf::subnet, TreeMap::new, Collectors.toList()));
  }

  private static void node(StringBuilder text, NodeOf node, int width) {
    String address = node.addresses().isEmpty() ? "-" : node.addresses().get(0);
    text.append(
        "\n  %s  %-18s  %-9s  %-8s  %s"
            .formatted(
                padded(node.name(), width),
                address.replaceFirst("/.*", ""),
                node.state() == State.READY
                    ? "ready"
                    : node.state() == State.SILENT ? "SILENT" : "NOT READY",
                count(node.pods(), "pod"),
                sessions(node)));
    if (node.state() == State.NOT_READY) {
      text.append("\n  %s  %s".formatted(padded("", width), node.detail()));
    }
  }

  private static String sessions(NodeOf node) {
    if (node.state() == State.SILENT) {
      return "its agent does not answer";
    }
    List<SessionOf> down = node.sessions().stream().filter(s -> !s.isUp()).toList();
    if (node.sessions().isEmpty()) {
      return "no BGP session";
    }
    String up = node.sessions().size() - down.size() + " of " + node.sessions().size() + " BGP up";
    return down.isEmpty()
        ? up
        : up + "; " + names(down.stream().map(s -> s.peer() + " " + s.state()).distinct().toList());
  }

  private static void pool(StringBuilder text, PoolOf pool, Set<String> silent, int width) {
    text.append(
        "\n\n%s  %s  %s%s\n  %s of %s addresses in use"
            .formatted(
                pool.name(),
                pool.cidr(),
                pool.mode(),
                pool.disabled() ? ", disabled" : "",
                pool.inUse(),
                pool.addresses().length() > 9 ? "2^" + bits(pool) : pool.addresses()));
    for (ShareOf share : pool.shares()) {
      text.append(
          "\n  %s  %s %-9s %-8s  %s"
              .formatted(
                  padded(share.node(), width),
                  bar(share),
                  share.inUse() + "/" + share.size(),
                  count(share.blocks(), "block"),
                  ways(share.ways()) + (silent.contains(share.node()) ? " (silent)" : "")));
    }
  }

  private static int bits(PoolOf pool) {
    return new java.math.BigInteger(pool.addresses()).bitLength() - 1;
  }

  private static String bar(ShareOf share) {
    int full = share.size() == 0 ? 0 : (int) Math.ceil((double) share.inUse() * BAR / share.size());
    return "[" + "#".repeat(full) + ".".repeat(BAR - full) + "]";
  }

  /** {@code ipip to all}, or {@code direct to node2; ipip to node3, node4}. */
  private static String ways(List<WayOf> ways) {
    Map<String, List<String>> byWire = new TreeMap<>();
    ways.forEach(
        w -> byWire.computeIfAbsent(w.wire(), k -> new java.util.ArrayList<>()).add(w.to()));
    return byWire.entrySet().stream()
        .map(e -> e.getKey() + " to " + to(e.getValue(), ways.size()))
        .collect(Collectors.joining("; "));
  }

  private static String to(List<String> nodes, int of) {
    if (nodes.size() == of) {
      return "all";
    }
    return of > MOST_NAMED ? Integer.toString(nodes.size()) : names(nodes);
  }

  private static String names(List<String> names) {
    String shown = names.stream().limit(MOST_NAMES).collect(Collectors.joining(", "));
    int more = names.size() - MOST_NAMES;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(width - text.length());
  }

  private static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
