// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceFlow.Protocol;
import io.margay.api.net.Ip;
import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the nodes at both ends of a path are asked; the arguments of a query.
 *
 * @param flow from whom to whom
 * @param from where the sender is
 * @param to where the receiver is
 * @param headStart what the sender's node waits, so that the other one watches already, up to 2 s
 */
record PathQuestion(TraceFlow flow, Side from, Side to, Duration headStart) {
  /** Long enough for the store to tell the other node, when nothing is overloaded. */
  private static final Duration HEAD_START = Duration.ofMillis(200);

  /** By which nodes are asked. */
  static final String VERB = "path";

  /**
   * Where an end is.
   *
   * @param node empty for an address outside
   * @param endpoint name of the pod's document; empty for a node
   * @param underlay the node's own address in the flow's family; empty when it has none
   */
  record Side(Optional<String> node, Optional<String> endpoint, Optional<InetAddress> underlay) {
    boolean isOn(String name) {
      return node.equals(Optional.of(name));
    }
  }

  static PathQuestion of(TraceFlow flow, Side from, Side to) {
    return new PathQuestion(flow, from, to, HEAD_START);
  }

  PathQuestion withHeadStart(Duration longer) {
    return new PathQuestion(flow, from, to, longer);
  }

  Map<String, String> arguments() {
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments.put("from", Ip.text(flow.from()));
    arguments.put("to", Ip.text(flow.to()));
    arguments.put("protocol", flow.protocol().name());
    arguments.put("port", Integer.toString(flow.port()));
    arguments.put("headStart", Long.toString(headStart.toMillis()));
    put(arguments, "from", from);
    put(arguments, "to", to);
    return arguments;
  }

  /**
   * Reads {@link #arguments}.
   *
   * @throws IllegalArgumentException when one is missing or bad
   */
  static PathQuestion of(Map<String, String> arguments) {
    return new PathQuestion(
        new TraceFlow(
            Ip.parse(arguments.getOrDefault("from", "")),
            Ip.parse(arguments.getOrDefault("to", "")),
            Protocol.valueOf(arguments.getOrDefault("protocol", "")),
            Integer.parseInt(arguments.getOrDefault("port", ""))),
        side(arguments, "from"),
        side(arguments, "to"),
        Duration.ofMillis(
            Math.max(
                0, Math.min(2000, Integer.parseInt(arguments.getOrDefault("headStart", ""))))));
  }

  private static void put(Map<String, String> arguments, String name, Side side) {
    side.node().ifPresent(node -> arguments.put(name + "Node", node));
    side.endpoint().ifPresent(endpoint -> arguments.put(name + "Endpoint", endpoint));
    side.underlay().ifPresent(address -> arguments.put(name + "Underlay", Ip.text(address)));
  }

  private static Side side(Map<String, String> arguments, String name) {
    return new Side(
        Optional.ofNullable(arguments.get(name + "Node")),
        Optional.ofNullable(arguments.get(name + "Endpoint")),
        Optional.ofNullable(arguments.get(name + "Underlay")).map(Ip::parse));
  }
}
