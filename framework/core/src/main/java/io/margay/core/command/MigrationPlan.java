// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.net.Ip;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpPool.AllowedUse;
import io.margay.api.resource.IpPool.AssignmentMode;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Node;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What moves from one pool to another, and what is in the way.
 *
 * @param rows a line for each address that somebody holds
 * @param free addresses that the other pool has left
 * @param obstacles a sentence for each reason why pods would not get their addresses there
 * @param hints what else the operator should know
 */
record MigrationPlan(
    IpPool from,
    IpPool to,
    List<Row> rows,
    BigInteger free,
    List<String> obstacles,
    List<String> hints) {
  /** An address that is to be given up. */
  record Row(String node, String namespace, String workload, InetAddress address) {}

  /** Reads all that the plan depends on; refuses pools that are not there. */
  static MigrationPlan read(String from, String to, StoredResources resources)
      throws CommandException {
    List<IpPool> pools = resources.values(IpPool.KIND, IpPool::parse);
    IpPool old = named(from, pools);
    IpPool target = named(to, pools);
    List<Row> rows = rows(old, resources);
    long taken = blocks(target, resources).stream().mapToLong(b -> b.size() - b.freeCount()).sum();
    BigInteger free = target.cidr().size().subtract(BigInteger.valueOf(taken));
    List<String> obstacles = obstacles(old, target);
    if (free.compareTo(BigInteger.valueOf(rows.size())) < 0) {
      obstacles.add(
          "it has "
              + free
              + " free addresses and needs "
              + rows.size()
              + ": enlarge it or choose another");
    }
    obstacles.addAll(unselected(target, rows, resources));
    obstacles.addAll(namespaces(old, target, rows, resources));
    return new MigrationPlan(old, target, rows, free, obstacles, hints(old, target, pools));
  }

  /** Addresses of a pool that somebody holds, by node. */
  static List<Row> rows(IpPool pool, StoredResources resources) throws CommandException {
    List<Row> rows = new ArrayList<>();
    for (IpamBlock block : blocks(pool, resources)) {
      block
          .allocations()
          .forEach(
              (address, holder) -> {
                if (Holders.isInUse(holder)) {
                  rows.add(row(address, holder));
                }
              });
    }
    rows.sort(Comparator.comparing(Row::node).thenComparing(Row::address, Ip::compare));
    return rows;
  }

  /** One sentence: how much moves, and where to. */
  String summary() {
    String room = free.bitLength() > 31 ? "plenty" : free.toString();
    return (rows.isEmpty() ? "nothing moves" : Holders.addresses(rows.size()) + " to move")
        + " from "
        + text(from)
        + " to "
        + text(to)
        + ", which has "
        + room
        + " free";
  }

  private static Row row(InetAddress address, Allocation holder) {
    Map<String, String> attributes = holder.attributes();
    String workload =
        attributes.getOrDefault(
            "pod", attributes.getOrDefault("container", holder.handleId().orElse("")));
    return new Row(
        holder.node().orElse(""), attributes.getOrDefault("namespace", ""), workload, address);
  }

  private static List<String> obstacles(IpPool old, IpPool target) {
    List<String> obstacles = new ArrayList<>();
    if (old.name().equals(target.name())) {
      obstacles.add("it is the same pool");
    }
    if (old.cidr().family() != target.cidr().family()) {
      obstacles.add(text(target) + " is of the other family than " + text(old));
    }
    if (target.disabled()) {
      obstacles.add("it is disabled: pool:enable " + target.name());
    }
    if (!target.allowedUses().contains(AllowedUse.WORKLOAD)) {
      obstacles.add("its allowedUses do not contain Workload");
    }
    boolean wasByRule = old.assignmentMode() == AssignmentMode.AUTOMATIC;
    if (wasByRule && target.assignmentMode() == AssignmentMode.MANUAL) {
      obstacles.add("its assignmentMode is Manual: only pods that ask for it get its addresses");
    }
    return obstacles;
  }

  /** Nodes whose pods would look in vain. */
  private static List<String> unselected(IpPool target, List<Row> rows, StoredResources resources)
      throws CommandException {
    Map<String, Map<String, String>> labels = new HashMap<>();
    resources
        .values(Node.KIND, Node::parse)
        .forEach(node -> labels.put(node.name(), node.metadata().labels()));
    Map<String, Long> counts =
        rows.stream()
            .filter(row -> labels.containsKey(row.node()))
            .filter(row -> !target.nodeSelector().matches(labels.get(row.node())))
            .collect(Collectors.groupingBy(Row::node, TreeMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .map(
            e ->
                "its nodeSelector "
                    + target.nodeSelector()
                    + " does not select "
                    + e.getKey()
                    + ", where "
                    + Holders.addresses(e.getValue())
                    + " would have to move")
        .toList();
  }

  /** Namespaces whose pods would look in vain, or go on asking for the old pool. */
  private static List<String> namespaces(
      IpPool old, IpPool target, List<Row> rows, StoredResources resources)
      throws CommandException {
    Map<String, Namespace> written = new HashMap<>();
    List<String> obstacles = new ArrayList<>();
    for (Namespace namespace : resources.values(Namespace.KIND, Namespace::parse)) {
      written.put(namespace.name(), namespace);
      List<String> asked =
          namespace.addresses().pools().getOrDefault(old.cidr().family(), List.of());
      if (asked.contains(old.name()) || asked.contains(old.cidr().toString())) {
        obstacles.add(
            "namespace "
                + namespace.name()
                + " asks for pool "
                + old.name()
                + ": its pods would get no address, change its annotation first");
      }
    }
    rows.stream()
        .map(Row::namespace)
        .filter(name -> !name.isEmpty())
        .distinct()
        .sorted()
        .map(name -> written.getOrDefault(name, Namespace.of(name)))
        .filter(namespace -> !target.namespaceSelector().matches(namespace.labels()))
        .forEach(
            namespace ->
                obstacles.add(
                    "its namespaceSelector "
                        + target.namespaceSelector()
                        + " does not select namespace "
                        + namespace.name()));
    return obstacles;
  }

  private static List<String> hints(IpPool old, IpPool target, List<IpPool> pools) {
    List<String> hints = new ArrayList<>();
    List<String> others =
        pools.stream()
            .filter(p -> !p.name().equals(old.name()) && !p.name().equals(target.name()))
            .filter(p -> p.cidr().family() == target.cidr().family() && !p.disabled())
            .filter(p -> p.assignmentMode() == AssignmentMode.AUTOMATIC)
            .filter(p -> p.allowedUses().contains(AllowedUse.WORKLOAD))
            .map(IpPool::name)
            .toList();
    if (!others.isEmpty()) {
      hints.add(
          "pods may also get addresses of "
              + String.join(", ", others)
              + ", where the selectors allow it: pools are used in the order of their names");
    }
    if (old.assignmentMode() == AssignmentMode.MANUAL) {
      hints.add("pods that ask for pool " + old.name() + " by name must ask for the other one");
    }
    return hints;
  }

  private static List<IpamBlock> blocks(IpPool pool, StoredResources resources)
      throws CommandException {
    return resources.values(IpamBlock.KIND, IpamBlock::parse).stream()
        .filter(block -> !block.deleted() && pool.cidr().contains(block.cidr()))
        .toList();
  }

  private static IpPool named(String name, List<IpPool> pools) throws CommandException {
    return pools.stream()
        .filter(pool -> pool.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new CommandException("there is no pool " + name));
  }

  private static String text(IpPool pool) {
    return "pool " + pool.name() + " (" + pool.cidr() + ")";
  }
}
