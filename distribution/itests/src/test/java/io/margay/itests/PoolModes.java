// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The modes of a lab's pools, by the commands that an operator gives on one node.
 *
 * @param node on which
 */
record PoolModes(Lab lab, String node) {
  /** Returns when all nodes send by the mode. */
  void change(String pool, String mode) {
    command("mode:switch " + pool + " " + mode).orFail();
  }

  /** Returns when the store knows. */
  void begin(String pool, String mode) {
    command("mode:switch " + pool + " " + mode + " --wait 0s").orFail();
  }

  Result command(String line) {
    return lab.client(node, "", "exec", line);
  }

  /** Whether nothing is left of another mode on any node, for any pool. */
  boolean areThere() {
    return status().stream().allMatch(row -> row.get("state").getAsString().equals("THERE"));
  }

  void awaitThere() {
    Lab.await("every node is there", this::areThere);
  }

  /** After a change of settings that makes another wire of the mode, in an IPv4 pool. */
  void awaitWire(String pool, String wire) {
    Lab.await(
        "all is by " + wire,
        () ->
            sends(pool).equals(Set.of(wire))
                && receives(pool).stream().allMatch(w -> w.startsWith(wire)));
  }

  /** Wires by which any node sends. */
  Set<String> sends(String pool) {
    return wires(pool, "sends");
  }

  /** Wires of tunnels that any node receives. */
  Set<String> receives(String pool) {
    Set<String> receives = wires(pool, "receives");
    receives.remove("direct");
    return receives;
  }

  private Set<String> wires(String pool, String field) {
    return status().stream()
        .filter(row -> row.get("pool").getAsString().equals(pool))
        .flatMap(row -> row.getAsJsonArray(field).asList().stream())
        .map(JsonElement::getAsString)
        .collect(Collectors.toSet());
  }

  /** What a node waits for. */
  String waits(String pool, String ofNode) {
    return status().stream()
        .filter(row -> row.get("pool").getAsString().equals(pool))
        .filter(row -> row.get("node").getAsString().equals(ofNode))
        .map(row -> row.getAsJsonArray("waitsFor").toString())
        .collect(Collectors.joining());
  }

  private List<JsonObject> status() {
    return lab.rows(node, "mode:status");
  }
}
