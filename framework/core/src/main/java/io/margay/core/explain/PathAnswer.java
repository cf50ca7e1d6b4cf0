// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.dataplane.TraceReply;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.api.dataplane.WatchedPacket;
import io.margay.api.dataplane.WatchedPacket.Fate;
import io.margay.api.net.Ip;
import io.margay.api.resource.Json;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one node says to a {@link PathQuestion}.
 *
 * @param hops what it found where it looked
 * @param packets of the flow, as its kernel saw them
 * @param hints of the kernel's counters and of legacy iptables, a sentence each; they count other
 *     packets, too
 * @param isWatched whether packets could be watched: without, that none was seen says nothing
 * @param replies to what it sent as the sender's node, by what that was; empty on others
 */
record PathAnswer(
    List<Hop> hops,
    List<Seen> packets,
    List<String> hints,
    boolean isWatched,
    Map<Probe, Reply> replies) {
  /** What the sender's node sends. */
  enum Probe {
    SMALL,
    /** A small ICMP echo request, where the flow is of another protocol. */
    ECHO,
    /** An ICMP echo request as large as the sender's link takes. */
    FULL,
    /** From the node itself to the node of the receiver. */
    UNDERLAY
  }

  /** A packet of the flow in this node's kernel. */
  record Seen(boolean isAnswer, Fate fate, String detail) {
    static Seen of(WatchedPacket packet) {
      return new Seen(packet.isAnswer(), packet.fate(), packet.detail());
    }
  }

  /**
   * What came back.
   *
   * @param from who answered; empty for nobody
   * @param sizeBytes of the packet that was sent
   */
  record Reply(Kind kind, Optional<InetAddress> from, String detail, int sizeBytes) {
    static Reply of(TraceReply reply, int sizeBytes) {
      return new Reply(reply.kind(), reply.from(), reply.detail(), sizeBytes);
    }

    /** As {@link TraceReply#isReached}. */
    boolean isReached(InetAddress destination) {
      return switch (kind) {
        case ECHO_REPLY, SYN_ACK, RESET, DATAGRAM, UNREACHABLE ->
            from.equals(Optional.of(destination));
        case TTL_EXCEEDED, FRAGMENTATION_NEEDED, NOTHING, REFUSED -> false;
      };
    }
  }

  PathAnswer {
    hops = List.copyOf(hops);
    packets = List.copyOf(packets);
    hints = List.copyOf(hints);
    replies = Map.copyOf(replies);
  }

  /** As values of {@link Json}. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("hops", hops.stream().map(Hop::toMap).toList());
    map.put(
        "packets",
        packets.stream()
            .<Object>map(
                p -> Map.of("answer", p.isAnswer(), "fate", p.fate().name(), "detail", p.detail()))
            .toList());
    map.put("hints", List.copyOf(hints));
    map.put("watched", isWatched);
    Map<String, Object> sent = new LinkedHashMap<>();
    replies.forEach((probe, reply) -> sent.put(probe.name(), toMap(reply)));
    map.put("replies", sent);
    return map;
  }

  /**
   * Reads {@link #toMap}.
   *
   * @throws IllegalArgumentException for what another release says and this one does not know
   */
  static PathAnswer of(Map<String, Object> map) {
    List<Hop> hops = new ArrayList<>();
    objects(map.get("hops")).forEach(hop -> hops.add(Hop.of(hop)));
    List<Seen> packets = new ArrayList<>();
    objects(map.get("packets"))
        .forEach(
            p ->
                packets.add(
                    new Seen(
                        Boolean.TRUE.equals(p.get("answer")),
                        Fate.valueOf(text(p, "fate")),
                        text(p, "detail"))));
    List<String> hints = new ArrayList<>();
    if (map.get("hints") instanceof List<?> list) {
      list.forEach(hint -> hints.add(hint.toString()));
    }
    Map<Probe, Reply> replies = new LinkedHashMap<>();
    Json.asObject(map.get("replies"))
        .orElse(Map.of())
        .forEach(
            (probe, reply) ->
                replies.put(Probe.valueOf(probe), reply(Json.asObject(reply).orElse(Map.of()))));
    return new PathAnswer(hops, packets, hints, Boolean.TRUE.equals(map.get("watched")), replies);
  }

  private static Map<String, Object> toMap(Reply reply) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kind", reply.kind().name());
    reply.from().ifPresent(address -> map.put("from", Ip.text(address)));
    map.put("detail", reply.detail());
    map.put("size", reply.sizeBytes());
    return map;
  }

  private static Reply reply(Map<String, Object> map) {
    return new Reply(
        Kind.valueOf(text(map, "kind")),
        Optional.of(text(map, "from")).filter(t -> !t.isEmpty()).map(Ip::parse),
        text(map, "detail"),
        map.get("size") instanceof Number size ? size.intValue() : 0);
  }

  private static List<Map<String, Object>> objects(Object value) {
    List<Map<String, Object>> objects = new ArrayList<>();
    if (value instanceof List<?> list) {
      list.forEach(item -> Json.asObject(item).ifPresent(objects::add));
    }
    return objects;
  }

  private static String text(Map<String, Object> map, String name) {
    return map.get(name) instanceof String text ? text : "";
  }
}
