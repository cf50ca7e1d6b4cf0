// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One thing on the way that has to be right: as it should be, and as it is.
 *
 * @param node on which it is; empty for what the store says
 * @param place where on the way
 * @param what it is about, such as {@code route to node2's pods}
 * @param expected as computed; empty when nothing is expected of it
 * @param actual as the live kernel or the store has it
 * @param repair what would mend it, for the operator; empty unless {@link State#BROKEN}
 */
record Hop(
    String node,
    Place place,
    String what,
    String expected,
    String actual,
    State state,
    String repair) {
  /** Where on the way, in the order of a packet that leaves a pod. */
  enum Place {
    /** The documents of both ends and of their addresses. */
    STORE,
    /** The agent of the node. */
    AGENT,
    /** Inside the pod: its addresses, routes and neighbours. */
    POD,
    /** The pod's link and what the node has for that pod. */
    LINK,
    /** What the node does with packets of all pods: forwarding, firewall, reverse path filter. */
    NODE,
    /** The node's route to the other end. */
    ROUTE,
    /** Device, neighbours and forwarding database by which the mode sends. */
    TUNNEL,
    /** The network between the nodes. */
    UNDERLAY
  }

  /** What was found. */
  enum State {
    OK,
    /** Worth knowing; breaks nothing by itself. */
    NOTE,
    BROKEN,
    /** Nobody could look. */
    UNKNOWN
  }

  static Hop ok(String node, Place place, String what, String expected, String actual) {
    return new Hop(node, place, what, expected, actual, State.OK, "");
  }

  static Hop note(String node, Place place, String what, String actual) {
    return new Hop(node, place, what, "", actual, State.NOTE, "");
  }

  static Hop unknown(String node, Place place, String what, String actual) {
    return new Hop(node, place, what, "", actual, State.UNKNOWN, "");
  }

  static Hop broken(
      String node, Place place, String what, String expected, String actual, String repair) {
    return new Hop(node, place, what, expected, actual, State.BROKEN, repair);
  }

  boolean isBroken() {
    return state == State.BROKEN;
  }

  /** The same, where a packet has shown that it breaks nothing. */
  Hop harmless() {
    return isBroken() ? new Hop(node, place, what, expected, actual, State.NOTE, "") : this;
  }

  /** As values of {@link io.margay.api.resource.Json}. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("node", node);
    map.put("place", place.name());
    map.put("what", what);
    map.put("expected", expected);
    map.put("actual", actual);
    map.put("state", state.name());
    map.put("repair", repair);
    return map;
  }

  /**
   * Reads {@link #toMap}.
   *
   * @throws IllegalArgumentException for a place or a state that this release does not know
   */
  static Hop of(Map<String, Object> map) {
    return new Hop(
        text(map, "node"),
        Place.valueOf(text(map, "place")),
        text(map, "what"),
        text(map, "expected"),
        text(map, "actual"),
        State.valueOf(text(map, "state")),
        text(map, "repair"));
  }

  private static String text(Map<String, Object> map, String name) {
    return map.get(name) instanceof String text ? text : "";
  }
}
