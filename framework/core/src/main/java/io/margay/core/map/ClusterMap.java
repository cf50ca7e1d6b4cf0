// SPDX-License-Identifier: Apache-2.0
package io.margay.core.map;

import java.time.Instant;
import java.util.List;

/**
 * A picture of the cluster at one moment: what the terminal, {@code --json} and the page show.
 *
 * @param version of the agent that drew it
 */
record ClusterMap(Instant when, String version, List<NodeOf> nodes, List<PoolOf> pools) {
  /** How a node is. */
  enum State {
    READY,
    /** It answers, and cannot serve pods. */
    NOT_READY,
    /** Its agent does not answer. */
    SILENT
  }

  /**
   * A node.
   *
   * @param subnet of its IPv4 address, or of its IPv6 one; empty without any
   * @param detail why it is not ready
   * @param sessions of its speaker; none when it does not answer
   */
  record NodeOf(
      String name,
      List<String> addresses,
      String subnet,
      State state,
      String detail,
      long pods,
      List<SessionOf> sessions) {}

  /**
   * A BGP session.
   *
   * @param peer its name when it is a node, else its address
   */
  record SessionOf(String peer, String address, long asNumber, String state) {
    boolean isUp() {
      return state.equals("Established");
    }
  }

  /**
   * A pool.
   *
   * @param addresses how many it has, as a number that may be too large for others
   * @param shares what each node has of it, every node once
   */
  record PoolOf(
      String name,
      String cidr,
      String mode,
      boolean disabled,
      String addresses,
      long inUse,
      List<ShareOf> shares) {}

  /**
   * What a node has of a pool, and how it sends to the others.
   *
   * @param sends by which wires, such as {@code ipip}; more than one during a switch and with
   *     CrossSubnet
   * @param ways to each other node by which of them; empty when that cannot be said
   */
  record ShareOf(
      String node, int blocks, long inUse, long size, List<String> sends, List<WayOf> ways) {}

  /** By which wire a node sends to another; {@code direct or ipip} while it changes. */
  record WayOf(String to, String wire) {}
}
