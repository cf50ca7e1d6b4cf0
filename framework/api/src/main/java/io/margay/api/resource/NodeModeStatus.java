// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.mode.Wire;
import io.margay.api.store.Revision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a node's kernel does for each pool, by which the nodes of a cluster change a pool's mode
 * together. Written by the agent of the node alone; named as the node.
 *
 * <p>A node says that it receives a wire once its kernel does, and takes that back before its
 * kernel no longer does. It says that it sends by a wire before the first route by it, and takes
 * that back after the last was replaced.
 */
public final class NodeModeStatus extends Resource {
  public static final String KIND = "NodeModeStatus";

  /**
   * One pool's part.
   *
   * @param revision of the IPPool that the node acts on
   * @param nodes revision of kind Node that its kernel reflects: every peer written up to then can
   *     be received from
   * @param receives wires that its kernel takes in
   * @param sends wires by which its kernel may send
   * @param waits what the node is waiting for; for people
   */
  public record Pool(
      Revision revision, Revision nodes, Set<Wire> receives, Set<Wire> sends, List<Wait> waits) {
    public Pool {
      receives = Set.copyOf(receives);
      sends = Set.copyOf(sends);
      waits = List.copyOf(waits);
    }
  }

  /**
   * A reason why something has not been done yet.
   *
   * @param node whose turn it is; may be the node itself
   * @param reason in a sentence
   */
  public record Wait(String node, String reason) {}

  private final Map<String, Pool> pools;

  NodeModeStatus(Fields root) {
    super(KIND, root);
    checkName(root);
    Map<String, Pool> read = new TreeMap<>();
    for (Fields pool : root.object("spec").objects("pools")) {
      List<Wait> waits = new ArrayList<>();
      for (Fields wait : pool.objects("waits")) {
        waits.add(new Wait(wait.text("node", ""), wait.text("reason", "")));
      }
      read.put(
          pool.required("name").orElse(""),
          new Pool(
              revision(pool, "revision"),
              revision(pool, "nodes"),
              Set.copyOf(pool.parsedList("receives", Wire::new)),
              Set.copyOf(pool.parsedList("sends", Wire::new)),
              waits));
    }
    pools = Map.copyOf(read);
  }

  /** Reads a document. */
  public static NodeModeStatus parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, NodeModeStatus::new);
  }

  /** The status of a node. */
  public static NodeModeStatus of(String node, Map<String, Pool> pools) {
    List<Object> list = new ArrayList<>();
    new TreeMap<>(pools).forEach((name, pool) -> list.add(tree(name, pool)));
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("pools", list);
    return make(Trees.envelope(MARGAY, KIND, "", node, spec), NodeModeStatus::new);
  }

  /** By the pool's name. */
  public Map<String, Pool> pools() {
    return pools;
  }

  private static Map<String, Object> tree(String name, Pool pool) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("name", name);
    tree.put("revision", pool.revision().number());
    tree.put("nodes", pool.nodes().number());
    tree.put("receives", texts(pool.receives()));
    tree.put("sends", texts(pool.sends()));
    if (!pool.waits().isEmpty()) {
      tree.put(
          "waits",
          pool.waits().stream().map(w -> Map.of("node", w.node(), "reason", w.reason())).toList());
    }
    return tree;
  }

  private static List<String> texts(Set<Wire> wires) {
    return wires.stream().sorted().map(Wire::name).collect(Collectors.toList());
  }

  private static Revision revision(Fields pool, String name) {
    return new Revision(pool.number(name, 0, Long.MAX_VALUE).orElse(0L));
  }
}
