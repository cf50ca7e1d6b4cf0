// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.api.dataplane.WatchedPacket.Fate;
import io.margay.api.net.Ip;
import io.margay.core.explain.Hop.Place;
import io.margay.core.explain.Hop.State;
import io.margay.core.explain.PathAnswer.Probe;
import io.margay.core.explain.PathAnswer.Reply;
import io.margay.core.explain.PathAnswer.Seen;
import io.margay.core.explain.PathQuestion.Side;
import io.margay.core.explain.Verdict.Health;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A pod on node1 asks one on node2. */
class VerdictTest {
  private static final InetAddress FROM = Ip.parse("10.0.1.1");
  private static final InetAddress TO = Ip.parse("10.0.2.2");
  private static final InetAddress NODE2 = Ip.parse("172.30.0.2");
  private static final PathQuestion QUESTION =
      PathQuestion.of(
          TraceFlow.icmp(FROM, TO),
          new Side(
              Optional.of("node1"), Optional.of("default/a"), Optional.of(Ip.parse("172.30.0.1"))),
          new Side(Optional.of("node2"), Optional.of("default/b"), Optional.of(NODE2)));
  private static final PathEnd SENDER = end("default/a", "node1", FROM);
  private static final PathEnd RECEIVER = end("default/b", "node2", TO);
  private static final Seen ASKED = new Seen(false, Fate.SENT, "sent");
  private static final Seen ANSWERED = new Seen(true, Fate.SENT, "sent");
  private static final Reply ECHO = reply(Kind.ECHO_REPLY, TO);
  private static final Reply NOTHING =
      new Reply(Kind.NOTHING, Optional.empty(), "no answer within 500 ms", 0);
  private static final Reply NODE_ANSWERS = reply(Kind.ECHO_REPLY, NODE2);

  @Test
  void aPacketThatIsAnsweredMakesEverySuspectANote() {
    PathAnswer sender =
        answer(List.of(suspect("node1", Place.ROUTE)), List.of(ASKED, ANSWERED), ECHO, ECHO);
    PathAnswer receiver =
        answer(List.of(suspect("node2", Place.NODE)), List.of(ASKED, ANSWERED), null, null);

    Verdict verdict = judge(List.of(), Optional.of(sender), Optional.of(receiver));

    assertEquals(Health.HEALTHY, verdict.health());
    assertTrue(verdict.broken().isEmpty());
    assertTrue(verdict.hops().stream().allMatch(h -> h.state() == State.NOTE));
  }

  @Test
  void onlyTheStretchWhereItWasLostHasTheCause() {
    List<Hop> odd = List.of(suspect("node1", Place.ROUTE), suspect("node1", Place.TUNNEL));
    PathAnswer sender = answer(odd, List.of(ASKED), NOTHING, NOTHING);
    Seen dropped = new Seen(false, Fate.DROPPED, "dropped by chain forward of table ip filter");
    PathAnswer receiver =
        answer(List.of(suspect("node2", Place.POD)), List.of(dropped), null, null);

    Verdict verdict = judge(List.of(), Optional.of(sender), Optional.of(receiver));

    assertEquals("node2", verdict.broken().orElseThrow().node());
    assertTrue(verdict.sentence().contains("chain forward of table ip filter"), verdict.sentence());
  }

  @Test
  void whatLeftAndDidNotArriveIsTheNetworks() {
    PathAnswer sender = answer(List.of(), List.of(ASKED), NOTHING, NOTHING);
    PathAnswer receiver = answer(List.of(), List.of(), null, null);

    Verdict verdict = judge(List.of(), Optional.of(sender), Optional.of(receiver));

    assertEquals(Place.UNDERLAY, verdict.broken().orElseThrow().place());
    assertTrue(verdict.sentence().contains("did not arrive"), verdict.sentence());
  }

  @Test
  void aNodeThatIsAwayIsNotToBlame() {
    PathAnswer sender = answer(List.of(), List.of(ASKED, ANSWERED), ECHO, ECHO);

    Verdict well = judge(List.of(), Optional.of(sender), Optional.empty());
    assertEquals(Health.HEALTHY, well.health());
    assertTrue(well.sentence().contains("the agent of node2 does not answer"), well.sentence());

    PathAnswer lost = answer(List.of(), List.of(ASKED), NOTHING, NOTHING);
    Verdict unknown = judge(List.of(), Optional.of(lost), Optional.empty());
    assertEquals(Health.UNKNOWN, unknown.health());
    assertTrue(unknown.broken().isEmpty());
  }

  @Test
  void withoutTheSendersNodeNothingIsKnown() {
    PathAnswer receiver = answer(List.of(suspect("node2", Place.POD)), List.of(), null, null);

    Verdict verdict = judge(List.of(), Optional.empty(), Optional.of(receiver));

    assertEquals(Health.UNKNOWN, verdict.health());
    assertTrue(verdict.broken().isEmpty());
  }

  @Test
  void smallPacketsOnlyAreABlackHole() {
    Reply lost = new Reply(Kind.NOTHING, Optional.empty(), "no answer", 1430);
    PathAnswer sender = answer(List.of(), List.of(ASKED, ANSWERED), ECHO, lost);
    PathAnswer receiver = answer(List.of(), List.of(ASKED, ANSWERED), null, null);

    Verdict verdict = judge(List.of(), Optional.of(sender), Optional.of(receiver));

    assertEquals(Place.UNDERLAY, verdict.broken().orElseThrow().place());
    assertTrue(verdict.sentence().contains("packets of 1430 bytes are lost"), verdict.sentence());
  }

  @Test
  void anAnswerOfSomebodyElseIsDoubtedFirst() {
    PathAnswer sender = answer(List.of(), List.of(ASKED, ANSWERED), ECHO, ECHO);
    PathAnswer receiver = answer(List.of(), List.of(), null, null);

    Verdict verdict = judge(List.of(), Optional.of(sender), Optional.of(receiver));

    assertEquals(Health.BROKEN, verdict.health());
    assertTrue(verdict.isDoubtful());
    assertFalse(judge(List.of(), Optional.of(sender), Optional.of(sender)).isDoubtful());
  }

  @Test
  void whatIsSaidIsReadAgain() {
    PathAnswer answer =
        answer(List.of(suspect("node1", Place.ROUTE)), List.of(ASKED, ANSWERED), ECHO, NOTHING);

    assertEquals(answer, PathAnswer.of(answer.toMap()));
    assertEquals(QUESTION, PathQuestion.of(QUESTION.arguments()));
  }

  private static Verdict judge(
      List<Hop> store, Optional<PathAnswer> sender, Optional<PathAnswer> receiver) {
    return Verdict.of(
        new Verdict.Case(QUESTION, SENDER, RECEIVER, store, Optional.empty(), sender, receiver));
  }

  private static PathAnswer answer(List<Hop> hops, List<Seen> packets, Reply small, Reply full) {
    Map<Probe, Reply> replies =
        small == null
            ? Map.of()
            : Map.of(Probe.SMALL, small, Probe.FULL, full, Probe.UNDERLAY, NODE_ANSWERS);
    return new PathAnswer(hops, packets, List.of(), true, replies);
  }

  private static Hop suspect(String node, Place place) {
    return Hop.broken(node, place, "something odd", "this", "that", "mend it");
  }

  private static Reply reply(Kind kind, InetAddress from) {
    return new Reply(kind, Optional.of(from), "answered", 0);
  }

  private static PathEnd end(String name, String node, InetAddress address) {
    return new PathEnd(name, Optional.of(node), List.of(address), Optional.empty());
  }
}
