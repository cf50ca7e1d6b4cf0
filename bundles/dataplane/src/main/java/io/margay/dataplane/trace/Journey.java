// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceStep;
import io.margay.api.dataplane.WatchedPacket;
import io.margay.api.dataplane.WatchedPacket.Fate;
import io.margay.netlink.NftTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** One packet on its way, while the messages about it are read. One thread. */
final class Journey {
  private final PacketHeader header;
  private final int in;
  private final List<TraceStep> steps = new ArrayList<>();
  private int out;
  private String hook = "";
  private boolean hasLeftHook;
  private boolean isDropped;

  Journey(NftTrace start, PacketHeader header) {
    this.header = header;
    in = start.in();
  }

  /** A chain of ours: the packet came to a hook, or left it behind all other chains. */
  void at(String chain, NftTrace message) {
    boolean leaves = chain.endsWith(TraceTable.LAST);
    hook = chain.substring(0, chain.lastIndexOf('-'));
    hasLeftHook = leaves;
    out = message.out() == 0 ? out : message.out();
  }

  /** A chain of somebody else, or of the agent. */
  void step(TraceStep step, boolean drops) {
    steps.add(step);
    isDropped = drops;
  }

  boolean isOver() {
    return isDropped || fate() == Fate.SENT || fate() == Fate.DELIVERED;
  }

  private Fate fate() {
    if (isDropped) {
      return Fate.DROPPED;
    }
    if (!hasLeftHook) {
      return Fate.LOST_IN_HOOK;
    }
    return switch (hook) {
      case "postrouting" -> Fate.SENT;
      case "input" -> Fate.DELIVERED;
      default -> Fate.LOST_IN_ROUTING;
    };
  }

  WatchedPacket packet(TraceFlow flow, IntFunction<String> linkName) {
    Fate fate = fate();
    Optional<String> outName = out == 0 ? Optional.empty() : Optional.of(linkName.apply(out));
    String detail =
        switch (fate) {
          case SENT -> "sent by " + outName.orElse("an unknown link");
          case DELIVERED -> "delivered on this node";
          case DROPPED -> steps.get(steps.size() - 1).toString();
          case LOST_IN_HOOK -> "lost in the hook " + hook + ", by no rule of nftables";
          case LOST_IN_ROUTING -> "lost after the hook " + hook + ", by routing";
        };
    return new WatchedPacket(
        header.from(),
        header.to(),
        !header.from().equals(flow.from()),
        header.isError(),
        header.content(),
        header.sizeBytes(),
        header.ttl(),
        in == 0 ? Optional.empty() : Optional.of(linkName.apply(in)),
        outName,
        steps,
        fate,
        detail);
  }
}
