// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.policy.RoutePolicy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DecisionTest {
  private final List<RibPeer> peers = new ArrayList<>();

  /** The routes of one prefix, in order. */
  private record Candidate(RibPeer peer, PathAttributes attributes) {}

  private final List<Candidate> candidates = new ArrayList<>();

  @BeforeEach
  void thisSpeaker() {
    peers.add(new RibPeer(0, "local", Ip.parse("127.0.0.1")));
  }

  private RibPeer peer(String name, boolean isExternal, int identifier) {
    RibPeer peer = new RibPeer(peers.size(), name, Ip.parse("10.0.0." + (100 - peers.size())));
    peer.configure(isExternal, false, 65000, 0, Integer.MAX_VALUE, RoutePolicy.ACCEPT);
    peer.identify(identifier);
    peers.add(peer);
    return peer;
  }

  private void route(RibPeer peer, PathAttributes attributes) {
    candidates.add(new Candidate(peer, attributes));
  }

  private static PathAttributes path(long... numbers) {
    return PathAttributes.originated().withPrepended(numbers);
  }

  /** The best route, and by which step each other one lost, for every order of arrival. */
  private List<String> outcome() {
    List<String> first = null;
    for (List<Candidate> order : orders(candidates)) {
      RouteTable table = new RouteTable(IpFamily.IPV4);
      int prefix = table.addPrefix(0x0a00000000000000L, 0, 8);
      order.forEach(c -> table.add(prefix, c.peer().index, c.attributes(), c.attributes()));
      Decision decision = new Decision(table, peers);
      int best = decision.best(prefix);
      List<String> outcome = new ArrayList<>();
      outcome.add(peers.get(table.peer(best)).name());
      for (Candidate c : candidates) {
        outcome.add(decision.lost(prefix, table.of(prefix, c.peer().index)).name());
      }
      first = first == null ? outcome : first;
      assertEquals(first, outcome, "the order of arrival matters");
    }
    return first;
  }

  private static List<List<Candidate>> orders(List<Candidate> all) {
    if (all.isEmpty()) {
      return List.of(List.of());
    }
    List<List<Candidate>> orders = new ArrayList<>();
    for (Candidate first : all) {
      List<Candidate> rest = new ArrayList<>(all);
      rest.remove(first);
      for (List<Candidate> order : orders(rest)) {
        List<Candidate> whole = new ArrayList<>(List.of(first));
        whole.addAll(order);
        orders.add(whole);
      }
    }
    return orders;
  }

  @Test
  void goesByTheStepsInTheirOrder() {
    route(peers.get(0), path());
    route(peer("preferred", false, 9), path(1, 2, 3).withLocalPref(300));
    route(peer("short", false, 8), path(1).withLocalPref(200));
    route(peer("long", false, 7), path(1, 2).withLocalPref(200));

    assertEquals(List.of("local", "BEST", "LOCAL", "LOCAL", "LOCAL"), outcome());

    candidates.remove(0);
    assertEquals(List.of("preferred", "BEST", "LOCAL_PREF", "LOCAL_PREF"), outcome());

    candidates.remove(0);
    assertEquals(List.of("short", "BEST", "PATH_LENGTH"), outcome());
  }

  @Test
  void prefersExternalRoutesThenLowIdentifiersThenLowAddresses() {
    route(peer("internal", false, 1), path(7));
    route(peer("external", true, 9), path(8));
    route(peer("external2", true, 5), path(9));
    route(peer("external3", true, 5), path(6));

    // Later peers have lower addresses.
    assertEquals(List.of("external3", "INTERNAL", "ROUTER_ID", "PEER_ADDRESS", "BEST"), outcome());
  }

  @Test
  void comparesMedsOfOneNeighbourOnlyWhateverTheOrder() {
    PathAttributes med5 = path(7, 1).withMed(5);
    PathAttributes med9 = path(7, 2).withMed(9);
    PathAttributes other = path(8, 1).withMed(7);
    route(peer("five", true, 3), med5);
    route(peer("nine", true, 1), med9);
    route(peer("other", true, 2), other);

    assertEquals(List.of("other", "ROUTER_ID", "MED", "BEST"), outcome());
  }

  @Test
  void goesByTheOriginatorOfReflectedRoutes() {
    route(peer("direct", false, 4), path());
    route(peer("reflector", false, 1), path().withOriginatorId(9));

    assertEquals(List.of("direct", "BEST", "ROUTER_ID"), outcome());
  }
}
