// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.api.dataplane.PacketTracer;
import io.margay.api.dataplane.TraceStep;
import io.margay.netlink.NftMessage;
import io.margay.netlink.NftTrace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes the ways of packets out of the messages about them.
 *
 * <p>The kernel's number of a packet is made of where it lies in memory, so a later packet may have
 * the same: a packet begins where a rule of ours marks it.
 */
final class Journeys {
  private final String table;

  /** The text of the rule of a message. */
  private final Function<NftTrace, String> rules;

  private final List<Journey> all = new ArrayList<>();
  private final Map<Integer, Journey> underWay = new HashMap<>();

  Journeys(String table, Function<NftTrace, String> rules) {
    this.table = table;
    this.rules = rules;
  }

  /** The packets so far, in order. */
  List<Journey> all() {
    return all;
  }

  void add(NftTrace message) {
    if (message.family() == NftMessage.NFPROTO_INET && message.table().equals(table)) {
      addOurs(message);
    } else if (!message.table().startsWith(PacketTracer.TABLES)
        && (isRule(message) || message.type() == NftTrace.NFT_TRACETYPE_POLICY)) {
      Optional.ofNullable(underWay.get(message.id()))
          .ifPresent(journey -> journey.step(step(message), isDrop(message)));
    }
    Journey journey = underWay.get(message.id());
    if (journey != null && journey.isOver()) {
      underWay.remove(message.id());
    }
  }

  private void addOurs(NftTrace message) {
    boolean isFirstMessage = message.network().length > 0;
    if (isEntry(message.chain()) && isFirstMessage) {
      // Another packet than before; of no interest unless it is a rule of ours that tells.
      underWay.remove(message.id());
    }
    if (isRule(message) && !underWay.containsKey(message.id())) {
      Optional<PacketHeader> header = PacketHeader.of(message.network(), message.transport());
      if (header.isPresent()) {
        Journey journey = new Journey(message, header.get());
        all.add(journey);
        underWay.put(message.id(), journey);
      }
    }
    Optional.ofNullable(underWay.get(message.id()))
        .ifPresent(journey -> journey.at(message.chain(), message));
  }

  /**
   * Whether packets come there first of all; elsewhere they are marked that had another address.
   */
  private static boolean isEntry(String chain) {
    return chain.equals("prerouting" + TraceTable.FIRST)
        || chain.equals("output" + TraceTable.FIRST);
  }

  /** The kernel also tells of the end of a chain as if it were a rule, without a handle. */
  private static boolean isRule(NftTrace message) {
    return message.type() == NftTrace.NFT_TRACETYPE_RULE && message.handle() != 0;
  }

  private TraceStep step(NftTrace message) {
    boolean isPolicy = message.type() == NftTrace.NFT_TRACETYPE_POLICY;
    return new TraceStep(
        family(message.family()) + " " + message.table(),
        message.chain(),
        message.handle(),
        isPolicy ? "policy" : rules.apply(message),
        Verdicts.text(message.verdict(), message.target()));
  }

  private static boolean isDrop(NftTrace message) {
    return Verdicts.isDrop(message.verdict());
  }

  private static String family(int family) {
    return switch (family) {
      case NftMessage.NFPROTO_INET -> "inet";
      case NftMessage.NFPROTO_IPV4 -> "ip";
      case NftMessage.NFPROTO_IPV6 -> "ip6";
      default -> "family " + family;
    };
  }
}
