// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.dataplane.TraceFlow.Protocol;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.api.dataplane.WatchReport;
import io.margay.api.dataplane.WatchedPacket.Fate;
import io.margay.api.net.Ip;
import io.margay.core.explain.Hop.Place;
import io.margay.core.explain.PathAnswer.Probe;
import io.margay.core.explain.PathAnswer.Reply;
import io.margay.core.explain.PathAnswer.Seen;
import io.margay.core.explain.Verdict.Case;
import io.margay.core.explain.Verdict.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The reasoning about one case, for {@link Verdict}. */
final class Judge {
  private final Case known;
  private final List<Hop> hops = new ArrayList<>();

  Judge(Case known) {
    this.known = known;
    hops.addAll(known.store());
    known.sender().ifPresent(a -> hops.addAll(a.hops()));
    if (!known.isOneNode()) {
      known.receiver().ifPresent(a -> hops.addAll(a.hops()));
    }
  }

  Verdict judge() {
    if (known.sender().isEmpty()) {
      return withoutSender();
    }
    Reply small = known.sender().get().replies().get(Probe.SMALL);
    if (small == null) {
      return byFactsAlone();
    }
    if (!small.isReached(known.question().flow().to())) {
      return lost(small);
    }
    if (isSomebodyElses()) {
      Optional<Hop> elsewhere = first(at(node(true), Set.of(Place.ROUTE)));
      return broken(elsewhere.orElseGet(this::somebodyElse));
    }
    if (small.kind() == Kind.RESET || small.kind() == Kind.UNREACHABLE) {
      return refusedPort(small);
    }
    return large().orElseGet(this::healthy);
  }

  private Hop somebodyElse() {
    return Hop.broken(
        node(false),
        Place.STORE,
        Verdict.WHO_ANSWERS,
        known.to() + " answers",
        "somebody else answers for this address: no packet came to " + node(false),
        "find who else has the address: ipam:why " + Ip.text(known.question().flow().to()));
  }

  private List<Hop> at(String node, Set<Place> places) {
    return hops.stream().filter(h -> h.node().equals(node) && places.contains(h.place())).toList();
  }

  /** The reply came, though a node that watches saw nothing of what was sent to its pod. */
  private boolean isSomebodyElses() {
    return !known.isOneNode()
        && known.receiver().filter(PathAnswer::isWatched).isPresent()
        && known.receiver().get().packets().isEmpty();
  }

  private Verdict refusedPort(Reply small) {
    String port = known.question().flow().protocol() + " port " + known.question().flow().port();
    return broken(
        Hop.broken(
            known.to().node().orElse(""),
            Place.POD,
            port,
            "something listens at " + port + " of " + known.to(),
            "the packet arrives, and nothing listens there: " + small.detail(),
            "start what is to listen in " + known.to() + ", or ask another port"));
  }

  private Verdict healthy() {
    List<Hop> notes = hops.stream().map(Hop::harmless).toList();
    String silent = silence();
    return new Verdict(
        Health.HEALTHY,
        Optional.empty(),
        known.from() + " reaches " + known.to() + ", and its answers come back" + silent,
        notes);
  }

  private String silence() {
    return known.to().node().isPresent() && known.receiver().isEmpty()
        ? "; the agent of " + known.to().node().get() + " does not answer"
        : "";
  }

  /** Small packets pass; whether large ones do, too. */
  private Optional<Verdict> large() {
    PathAnswer sender = known.sender().orElseThrow();
    Reply full = sender.replies().get(Probe.FULL);
    Reply echo =
        known.question().flow().protocol() == Protocol.ICMP
            ? sender.replies().get(Probe.SMALL)
            : sender.replies().get(Probe.ECHO);
    if (full == null || echo == null || !echo.isReached(known.question().flow().to())) {
      return Optional.empty();
    }
    if (full.kind() == Kind.FRAGMENTATION_NEEDED) {
      hops.add(
          Hop.note(
              known.from().node().orElse(""),
              Place.UNDERLAY,
              "size of packets",
              full.sizeBytes() + " bytes are too large, and the sender is told: " + full.detail()));
      return Optional.empty();
    }
    if (full.kind() != Kind.NOTHING) {
      return Optional.empty();
    }
    Optional<Hop> cause =
        hops.stream()
            .filter(Hop::isBroken)
            .filter(h -> Set.of(Place.TUNNEL, Place.UNDERLAY, Place.LINK).contains(h.place()))
            .findFirst();
    return Optional.of(
        broken(
            cause.orElseGet(
                () ->
                    Hop.broken(
                        known.from().node().orElse(""),
                        Place.UNDERLAY,
                        "size of packets",
                        full.sizeBytes() + " bytes pass, as the pod's link takes them",
                        "packets of "
                            + full.sizeBytes()
                            + " bytes are lost and nobody says so, while small ones pass: an MTU"
                            + " black hole between "
                            + known.from().node().orElse("")
                            + " and "
                            + known.to().node().orElse(known.to().name()),
                        "give every link between them an MTU that fits, or pods a smaller one"
                            + " (FelixConfiguration)"))));
  }

  private Verdict lost(Reply small) {
    Optional<Hop> stored = first(known.store());
    if (stored.isPresent()) {
      return broken(stored.get());
    }
    PathAnswer sender = known.sender().orElseThrow();
    Seen asked = last(sender, false);
    if (small.kind() == Kind.REFUSED || (asked == null && sender.isWatched())) {
      return lostAt(Stage.SENDER, refusal(small), null);
    }
    if (asked == null) {
      return byFactsAlone();
    }
    if (isLost(asked)) {
      return lostAt(Stage.SENDERS_NODE, asked.detail(), asked);
    }
    if (known.isOneNode()) {
      return answer(sender, sender);
    }
    Reply underlay = sender.replies().get(Probe.UNDERLAY);
    if (known.to().node().isEmpty()) {
      return outside();
    }
    if (known.receiver().isEmpty()) {
      return silentReceiver(underlay);
    }
    PathAnswer receiver = known.receiver().get();
    Seen arrived = last(receiver, false);
    if (arrived == null) {
      return receiver.isWatched()
          ? between(Stage.BETWEEN, leftFor(node(false)) + " and did not arrive there", underlay)
          : byFactsAlone();
    }
    return isLost(arrived)
        ? lostAt(Stage.RECEIVERS_NODE, arrived.detail(), arrived)
        : answer(receiver, sender);
  }

  private Verdict outside() {
    Optional<Hop> cause = first(at(node(true), Stage.BETWEEN.places));
    return broken(
        cause.orElseGet(
            () ->
                Hop.broken(
                    "",
                    Place.UNDERLAY,
                    "outside",
                    known.to() + " answers",
                    leftFor(known.to().name())
                        + ", and nothing came back"
                        + known.wayBack().map("; "::concat).orElse(""),
                    "see to the network and the firewalls up to "
                        + known.to()
                        + ", and to its way back")));
  }

  /** The request was handed to the receiver; what became of the answer. */
  private Verdict answer(PathAnswer receiver, PathAnswer sender) {
    Seen answered = last(receiver, true);
    if (answered == null) {
      return lostAt(
          Stage.RECEIVER, "packets are handed to " + known.to() + ", which does not answer", null);
    }
    if (isLost(answered)) {
      return lostAt(Stage.RECEIVERS_NODE_BACK, "the answer: " + answered.detail(), answered);
    }
    Seen back = last(sender, true);
    if (back == null) {
      return sender.isWatched()
          ? between(
              Stage.BETWEEN_BACK,
              "the answer left "
                  + node(false)
                  + device(node(false))
                  + " and did not arrive at "
                  + node(true),
              sender.replies().get(Probe.UNDERLAY))
          : byFactsAlone();
    }
    return isLost(back)
        ? lostAt(Stage.SENDERS_NODE_BACK, "the answer: " + back.detail(), back)
        : lostAt(
            Stage.SENDER_BACK,
            "the answer is handed to " + known.from() + ", which does not take it",
            null);
  }

  private Verdict silentReceiver(Reply underlay) {
    String node = node(false);
    if (underlay != null && underlay.kind() != Kind.ECHO_REPLY) {
      return between(Stage.BETWEEN, leftFor(node) + ", and nothing came back", underlay);
    }
    Optional<Hop> cause = cause(Stage.BETWEEN);
    return cause.isPresent()
        ? broken(cause.get())
        : unknown(
            leftFor(node)
                + ", nothing came back, and the agent of "
                + node
                + " does not answer: what happens there cannot be seen");
  }

  private Verdict between(Stage stage, String actual, Reply underlay) {
    boolean isSilent =
        underlay != null
            && known.question().to().underlay().isPresent()
            && !underlay.isReached(known.question().to().underlay().get());
    Optional<Hop> cause = cause(stage);
    if (cause.isPresent()) {
      return broken(cause.get());
    }
    String node = node(false);
    return broken(
        isSilent
            ? Hop.broken(
                node(true),
                Place.UNDERLAY,
                "network between the nodes",
                node + " answers " + node(true),
                node + " does not answer a ping of its own address: " + underlay.detail(),
                "see to the network between " + node(true) + " and " + node)
            : Hop.broken(
                node(stage.isSender),
                Place.UNDERLAY,
                "network between the nodes",
                "what one sends arrives at the other",
                actual + "; the nodes themselves reach each other" + hints(),
                "let the network and the nodes' own firewalls pass what the mode sends: IP"
                    + " protocol 4 for ipip, UDP for vxlan, the pods' addresses for direct"));
  }

  private Verdict lostAt(Stage stage, String actual, Seen seen) {
    String node = node(stage.isSender);
    boolean isRuled = seen != null && seen.fate() == Fate.DROPPED;
    boolean isFiltered =
        seen != null
            && seen.fate() == Fate.LOST_IN_ROUTING
            && hints(stage).stream().anyMatch(h -> h.startsWith(WatchReport.REVERSE_PATH_FILTER));
    boolean isLegacy = seen != null && seen.fate() == Fate.LOST_IN_HOOK;
    if (isRuled || isLegacy) {
      return broken(
          Hop.broken(
              node,
              Place.NODE,
              "firewall",
              "passes " + known.question().flow(),
              actual + (isLegacy ? hints() : ""),
              "let that chain accept what comes from and goes to pods, or remove the rule"));
    }
    Optional<Hop> cause = cause(stage);
    if (isFiltered && cause.isEmpty()) {
      return broken(
          Hop.broken(
              node,
              Place.NODE,
              "reverse path filter",
              "the way back to the source is by the link on which it comes",
              actual + "; the reverse path filter drops it",
              "see rp_filter of that link and of all, and ip route get to the source"));
    }
    return broken(
        cause.orElseGet(
            () ->
                Hop.broken(
                    node,
                    stage.places.contains(Place.POD) ? Place.POD : Place.NODE,
                    stage.places.contains(Place.POD) ? "the pod itself" : "way through the node",
                    "passes " + known.question().flow(),
                    actual + hints(),
                    repairAt(stage))));
  }

  private String repairAt(Stage stage) {
    return switch (stage) {
      case SENDER, SENDER_BACK -> "look inside " + known.from() + ": ip addr, ip route, nft";
      case RECEIVER -> "look inside " + known.to() + ": ip addr, ip route, nft, what it runs";
      default -> "see ip rule, ip route get and the counters of nstat on " + node(stage.isSender);
    };
  }

  private Verdict withoutSender() {
    String node = known.from().node().orElseThrow();
    Hop agent = Hop.unknown(node, Place.AGENT, "agent", "does not answer: does it run?");
    hops.add(agent);
    Optional<Hop> stored = first(known.store());
    if (stored.isPresent()) {
      return broken(stored.get());
    }
    Optional<Hop> other = first(hops);
    return unknown(
        "the agent of "
            + node
            + " does not answer, so no packet could be sent from "
            + known.from()
            + other
                .map(h -> "; what " + h.node() + " shows: " + h.what() + ": " + h.actual())
                .orElse("; nothing else looks wrong"));
  }

  /** Nothing could be sent or watched: what looks wrong is all there is. */
  private Verdict byFactsAlone() {
    Optional<Hop> first = first(hops);
    return first.isPresent()
        ? broken(first.get())
        : unknown("nothing looks wrong, but no packet could be followed" + hints());
  }

  private Verdict broken(Hop hop) {
    if (!hops.contains(hop)) {
      hops.add(hop);
    }
    String where = hop.node().isEmpty() ? "" : hop.node() + ", ";
    return new Verdict(
        Health.BROKEN,
        Optional.of(hop),
        where + hop.what() + ": " + hop.actual() + "; to repair it: " + hop.repair(),
        List.copyOf(hops));
  }

  private Verdict unknown(String sentence) {
    return new Verdict(Health.UNKNOWN, Optional.empty(), sentence, List.copyOf(hops));
  }

  /** The first broken hop where the packet was lost. */
  private Optional<Hop> cause(Stage stage) {
    boolean isBetween = stage == Stage.BETWEEN || stage == Stage.BETWEEN_BACK;
    List<Hop> candidates =
        hops.stream()
            .filter(h -> stage.places.contains(h.place()))
            .filter(h -> isBetween || known.isOneNode() || h.node().equals(node(stage.isSender)))
            .toList();
    // Of both nodes, that of the sender of the lost packet comes first.
    return first(candidates.stream().filter(h -> h.node().equals(node(stage.isSender))).toList())
        .or(() -> first(candidates));
  }

  private static Optional<Hop> first(List<Hop> hops) {
    return hops.stream().filter(Hop::isBroken).findFirst();
  }

  private static boolean isLost(Seen seen) {
    return seen.fate() != Fate.SENT && seen.fate() != Fate.DELIVERED;
  }

  /** What became of the packet that fared worst, since one that passes is not in question. */
  private static Seen last(PathAnswer answer, boolean isAnswer) {
    List<Seen> seen = answer.packets().stream().filter(p -> p.isAnswer() == isAnswer).toList();
    return seen.stream()
        .filter(Judge::isLost)
        .findFirst()
        .orElse(seen.isEmpty() ? null : seen.get(seen.size() - 1));
  }

  private String refusal(Reply small) {
    return small.kind() == Kind.REFUSED
        ? "the packet could not be sent: " + small.detail()
        : "nothing that " + known.from() + " sends arrives at its node: " + small.detail();
  }

  private String leftFor(String where) {
    return "packets leave " + node(true) + device(node(true)) + " for " + where;
  }

  /** By which link the node sends, such as {@code vxlan.calico}. */
  private String device(String node) {
    return at(node, Set.of(Place.TUNNEL)).stream()
        .filter(h -> h.what().equals(WayFacts.DEVICE))
        .map(h -> " by " + h.actual().replaceFirst(" .*", ""))
        .findFirst()
        .orElse("");
  }

  private String node(boolean isSender) {
    return (isSender ? known.from() : known.to()).node().orElse("outside");
  }

  private List<String> hints(Stage stage) {
    return (stage.isSender ? known.sender() : known.receiver())
        .map(PathAnswer::hints)
        .orElse(List.of());
  }

  private String hints() {
    List<String> all = new ArrayList<>();
    known.sender().ifPresent(a -> a.hints().forEach(h -> all.add(node(true) + ": " + h)));
    if (!known.isOneNode()) {
      known.receiver().ifPresent(a -> a.hints().forEach(h -> all.add(node(false) + ": " + h)));
    }
    return all.isEmpty() ? "" : " (" + String.join("; ", all) + ")";
  }
}
