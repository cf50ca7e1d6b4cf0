// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.console.Output;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.NodeModeStatus.Wait;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.core.view.PoolMode;
import io.margay.core.view.Readers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** How far the nodes have come with the modes of the pools, by what they say in the store. */
final class SwitchProgress {
  /** Where a node is. */
  enum State {
    /** Sends by the pool's mode alone, and receives nothing else any more. */
    THERE,
    /** Sends by the pool's mode alone; still receives what it has left. */
    LEAVING,
    /** Some routes still go as before. */
    MOVING,
    /** Has not taken up the pool as it is now. */
    BEHIND,
    /** Has never said anything. */
    SILENT
  }

  /**
   * One node and one pool.
   *
   * @param waitsFor a sentence for each node that it waits for
   */
  record Row(
      String pool,
      PoolMode mode,
      String node,
      State state,
      Set<Wire> sends,
      Set<Wire> receives,
      List<String> waitsFor) {}

  private SwitchProgress() {}

  /** Rows by pool and node. */
  static List<Row> read(Store store, Output output) throws CommandException {
    StoredResources resources = new StoredResources(store, output);
    Map<String, NodeModeStatus> statuses = new TreeMap<>();
    resources
        .values(NodeModeStatus.KIND, NodeModeStatus::parse)
        .forEach(status -> statuses.put(status.name(), status));
    Set<String> nodes = new TreeSet<>();
    resources.values(Node.KIND, Node::parse).forEach(node -> nodes.add(node.name()));
    List<Row> rows = new ArrayList<>();
    for (StoredResources.Stored<IpPool> pool : resources.list(IpPool.KIND, IpPool::parse)) {
      for (String node : nodes) {
        rows.add(row(pool.resource(), pool.revision(), node, statuses.get(node)));
      }
    }
    return rows;
  }

  private static Row row(IpPool pool, Revision revision, String node, NodeModeStatus status) {
    PoolMode mode = Readers.mode(pool);
    NodeModeStatus.Pool said = status == null ? null : status.pools().get(pool.name());
    if (said == null) {
      return new Row(
          pool.name(), mode, node, State.SILENT, Set.of(), Set.of(), List.of("no status yet"));
    }
    List<String> waits = said.waits().stream().map(w -> text(node, w)).distinct().toList();
    return new Row(
        pool.name(),
        mode,
        node,
        state(mode, revision, said),
        new TreeSet<>(said.sends()),
        new TreeSet<>(said.receives()),
        waits);
  }

  private static State state(PoolMode mode, Revision revision, NodeModeStatus.Pool said) {
    if (!said.revision().equals(revision)) {
      return State.BEHIND;
    }
    Set<Wire> others =
        said.sends().stream().filter(w -> !isOf(mode, w)).collect(Collectors.toSet());
    if (!others.isEmpty() || isMoving(said)) {
      return State.MOVING;
    }
    boolean isLeaving =
        said.receives().stream().anyMatch(w -> !w.equals(Wire.DIRECT) && !isOf(mode, w));
    return isLeaving || !said.waits().isEmpty() ? State.LEAVING : State.THERE;
  }

  /** Two wires of one mode: its settings have changed. */
  private static boolean isMoving(NodeModeStatus.Pool said) {
    Map<String, Long> wiresOfMode =
        said.sends().stream().collect(Collectors.groupingBy(Wire::mode, Collectors.counting()));
    return wiresOfMode.values().stream().anyMatch(n -> n > 1);
  }

  private static boolean isOf(PoolMode mode, Wire wire) {
    return wire.mode().equals(mode.name())
        || wire.equals(Wire.DIRECT) && mode.variant() == Variant.CROSS_SUBNET;
  }

  private static String text(String node, Wait wait) {
    return wait.node().equals(node)
        ? "itself: " + wait.reason()
        : wait.node() + " " + wait.reason();
  }
}
