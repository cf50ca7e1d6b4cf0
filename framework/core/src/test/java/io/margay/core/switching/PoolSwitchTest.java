// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.NodeModeStatus.Pool;
import io.margay.api.resource.NodeModeStatus.Wait;
import io.margay.api.store.Revision;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PoolSwitchTest {
  private static final Cidr BLOCK = Cidr.parse("10.65.0.64/26");
  private static final Wire OLD = new Wire("old");
  private static final Wire NEW = new Wire("new");
  private static final Revision FIRST = new Revision(1);
  private static final Revision SECOND = new Revision(2);

  @Test
  void whatADeletedNodeHadGivesWayWhenThePoolLeavesItsWire() {
    Target gone = unreachable(Optional.empty(), "no node has it");

    assertEquals(Map.of(), decide(gone, Map.of(), NEW).choices());
    assertEquals(Set.of(), decide(gone, Map.of(), NEW).say().sends());
    assertEquals(gone.current(), route(decide(gone, Map.of(), OLD)), "while it leaves none");
  }

  @Test
  void aNodeWhoseDocumentCannotBeReadIsNotDeleted() {
    Target unreadable = unreachable(Optional.empty(), "no node has it");

    PoolDecision decision = decide(unreadable, Map.of(), NEW, false);

    assertEquals(unreadable.current(), route(decision));
  }

  @Test
  void aRouteOfUnknownWireGivesWayToo() {
    Target found =
        new Target(
            BLOCK,
            Optional.empty(),
            Optional.empty(),
            "",
            List.of(),
            Optional.of(new Choice(sending(OLD).route(), Optional.empty())),
            false);

    assertEquals(Map.of(), decide(found, Map.of(), NEW).choices());
    assertEquals(found.current(), route(decide(found, Map.of(), OLD)));
  }

  @Test
  void saysWhyAPoolCannotLeaveAWire() {
    Target far = unreachable(Optional.of("n2"), "it has no tunnel address");

    PoolDecision behind = decide(far, Map.of("n2", status(FIRST)), NEW);
    PoolDecision there = decide(far, Map.of("n2", status(SECOND)), NEW);

    assertEquals(far.current(), route(behind));
    assertEquals(
        List.of(new Wait("n2", "has not taken up the pool's mode yet")), behind.say().waits());
    assertEquals(far.current(), route(there));
    assertEquals(
        List.of(new Wait("n2", "cannot be reached by the pool's mode: it has no tunnel address")),
        there.say().waits());
  }

  @Test
  void waitsForNobodyWhileItLeavesNothing() {
    Target far = unreachable(Optional.of("n2"), "it has no tunnel address");

    assertEquals(List.of(), decide(far, Map.of("n2", status(SECOND)), OLD).say().waits());
  }

  private static Optional<Choice> route(PoolDecision decision) {
    return Optional.ofNullable(decision.choices().get(BLOCK));
  }

  /** Has a route by the old wire, and no way by the pool's. */
  private static Target unreachable(Optional<String> node, String whyNot) {
    return new Target(
        BLOCK,
        node,
        Optional.empty(),
        whyNot,
        List.of(),
        Optional.of(Choice.of(sending(OLD))),
        false);
  }

  private static Sending sending(Wire wire) {
    return new Sending(Route.of(BLOCK, NextHop.via(Ip.parse("192.0.2.2"), wire.name())), wire);
  }

  private static Pool status(Revision revision) {
    return new Pool(revision, FIRST, Set.of(OLD, NEW), Set.of(OLD), List.of());
  }

  /** Our own status is of the pool's revision, and says that we send by the old wire. */
  private static PoolDecision decide(Target target, Map<String, Pool> heard, Wire chosen) {
    return decide(target, heard, chosen, true);
  }

  private static PoolDecision decide(
      Target target, Map<String, Pool> heard, Wire chosen, boolean knowsAllNodes) {
    return PoolSwitch.decide(
        new PoolSituation(
            "n1",
            SECOND,
            FIRST,
            knowsAllNodes,
            heard.keySet(),
            Set.of(),
            Optional.of(status(SECOND)),
            Optional.empty(),
            heard,
            Set.of(chosen),
            Optional.of(Set.of(chosen)),
            FIRST,
            Set.of(),
            List.of(target),
            canary -> Canary.Result.PENDING));
  }
}
