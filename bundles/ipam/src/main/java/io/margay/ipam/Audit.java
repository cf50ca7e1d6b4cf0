// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.WorkloadEndpoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Finds what is not as it should be in a snapshot. Pure; what is in motion is found too. */
final class Audit {
  private Audit() {}

  static List<Finding> of(Snapshot snapshot) {
    Map<String, Holding> holdings = Holding.of(snapshot.blocks().values());
    List<Finding> findings = new ArrayList<>(BlockAudit.of(snapshot));
    findings.addAll(HandleAudit.of(snapshot, holdings));
    findings.addAll(WorkloadAudit.of(snapshot, holdings));
    snapshot
        .unreadable()
        .forEach((key, why) -> findings.add(Finding.of(key.toString(), why, "correct it")));
    for (String node : deletedNodes(snapshot, holdings)) {
      findings.add(deletedNode(node));
    }
    return findings;
  }

  /** A node that does not exist and holds something. */
  static Finding deletedNode(String node) {
    return Finding.fixable(
        "node " + node,
        "does not exist and holds addresses, blocks or endpoints",
        "free them",
        new Fix.FreeNode(node));
  }

  /** Nodes that hold something and do not exist. */
  private static Set<String> deletedNodes(Snapshot snapshot, Map<String, Holding> holdings) {
    Set<String> nodes = new TreeSet<>();
    holdings.values().forEach(holding -> holding.node().ifPresent(nodes::add));
    for (Held<IpamBlock> held : snapshot.blocks().values()) {
      held.value().owner().ifPresent(nodes::add);
    }
    for (Held<BlockAffinity> held : snapshot.affinities()) {
      if (held.value().type() == BlockAffinity.Type.HOST) {
        nodes.add(held.value().node());
      }
    }
    for (Held<WorkloadEndpoint> held : snapshot.endpoints()) {
      nodes.add(held.value().node());
    }
    nodes.removeAll(snapshot.nodes());
    return nodes;
  }

  /**
   * Empty blocks of this node that it does not need: never the last of a pool, and none without
   * which the next would soon be claimed.
   */
  static List<Finding> spareBlocks(Snapshot snapshot) {
    List<Finding> findings = new ArrayList<>();
    for (IpPool pool : snapshot.pools()) {
      List<Held<IpamBlock>> own =
          snapshot.blocks().values().stream()
              .filter(held -> held.value().owner().filter(snapshot.self()::equals).isPresent())
              .filter(held -> pool.cidr().contains(held.value().cidr()))
              .sorted(
                  Comparator.comparing((Held<IpamBlock> held) -> held.value().cidr()).reversed())
              .toList();
      long free = own.stream().mapToLong(held -> free(snapshot, held)).sum();
      for (Held<IpamBlock> held : own) {
        Cidr cidr = held.value().cidr();
        boolean isEmpty = snapshot.cooled(held.value()).isEmpty();
        free -= isEmpty ? held.value().size() : 0;
        if (isEmpty && free <= held.value().size() / 2) {
          break;
        }
        if (isEmpty) {
          findings.add(
              Finding.fixable(
                  "block " + cidr,
                  "is empty, and the node has others",
                  "give back",
                  new Fix.GiveBack(snapshot.self(), cidr, held.revision())));
        }
      }
    }
    return findings;
  }

  private static int free(Snapshot snapshot, Held<IpamBlock> held) {
    return snapshot.cooled(held.value()).freeCount();
  }
}
