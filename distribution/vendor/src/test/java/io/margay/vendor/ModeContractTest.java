// SPDX-License-Identifier: Apache-2.0
package io.margay.vendor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each clause of the contract catches the mode that breaks it. */
class ModeContractTest {
  private static final Grant USUAL = Grant.usual("com.example");
  private static final String OWNS = "owns what its bundle may own";

  /** Routes to each peer's address; a good mode of IPv4, until it is spoilt. */
  private static class Plain implements RoutingMode {
    @Override
    public Info info() {
      return Info.of("plain").withFamily(IpFamily.IPV4, 0);
    }

    @Override
    public Map<String, String> advertise(LocalNode self) {
      return Map.of();
    }

    @Override
    public Plan plan(ModeView view) {
      Map<Cidr, Sending> sendings = new HashMap<>();
      Map<Cidr, String> unreachable = new HashMap<>();
      for (Destination destination : view.destinations()) {
        Cidr cidr = destination.cidr();
        Peer peer = destination.owner().flatMap(view::peer).orElse(null);
        if (peer != null && peer.gateways().containsKey(IpFamily.IPV4)) {
          sendings.put(cidr, sending(cidr, peer));
        } else {
          unreachable.put(cidr, "no way to " + destination.owner().orElse("nobody"));
        }
      }
      return Plan.of(List.of(), sendings).withUnreachable(unreachable);
    }

    Sending sending(Cidr cidr, Peer peer) {
      Peer.Gateway gateway = peer.gateways().get(IpFamily.IPV4);
      NextHop hop = NextHop.via(gateway.address(), gateway.link());
      return new Sending(Route.of(cidr, hop), Wire.DIRECT);
    }
  }

  @Test
  void aGoodModeKeepsAllOfIt() {
    assertEquals(List.of(), broken(new Plain()));
  }

  @Test
  void aModeThatRemembersIsCaught() {
    RoutingMode counting =
        new Plain() {
          private int plans;

          @Override
          public Plan plan(ModeView view) {
            return super.plan(view).withReceives(new Wire("plain/" + plans++));
          }
        };

    assertTrue(broken(counting).contains("plans the same twice"));
  }

  @Test
  void aModeThatGoesByTheOrderIsCaught() {
    RoutingMode ordered =
        spoilt(
            (view, plan) ->
                view.destinations().isEmpty()
                    ? plan
                    : plan.withReceives(new Wire("plain/" + first(view).replace(':', '.'))));

    assertTrue(broken(ordered).contains("plans the same for any order"));
  }

  private static String first(ModeView view) {
    return view.destinations().iterator().next().cidr().toString();
  }

  @Test
  void aModeThatForgetsADestinationIsCaught() {
    RoutingMode forgetful =
        spoilt((view, plan) -> Plan.of(List.of(), withoutFirst(plan.sendings())));

    assertTrue(broken(forgetful).contains("sends to each destination or says why not"));
  }

  private static Map<Cidr, Sending> withoutFirst(Map<Cidr, Sending> sendings) {
    Map<Cidr, Sending> fewer = new TreeMap<>(sendings);
    fewer.keySet().stream().findFirst().ifPresent(fewer::remove);
    return fewer;
  }

  @Test
  void aModeWithARouteOfAnotherTableIsCaught() {
    RoutingMode elsewhere =
        new Plain() {
          @Override
          Sending sending(Cidr cidr, Peer peer) {
            Sending usual = super.sending(cidr, peer);
            return new Sending(usual.route().withTable(100), usual.wire());
          }
        };

    assertTrue(broken(elsewhere).contains("routes are replaceable by those of any mode"));
  }

  @Test
  void aModeWhosePacketsDoNotFitIsCaught() {
    RoutingMode large =
        new Plain() {
          @Override
          Sending sending(Cidr cidr, Peer peer) {
            Sending usual = super.sending(cidr, peer);
            return new Sending(usual.route().withMtuBytes(65_000), usual.wire());
          }
        };

    assertTrue(broken(large).contains("packets fit the uplink"));
  }

  @Test
  void aModeThatSendsWhatItDoesNotReceiveIsCaught() {
    RoutingMode deaf =
        new Plain() {
          @Override
          Sending sending(Cidr cidr, Peer peer) {
            return new Sending(super.sending(cidr, peer).route(), new Wire("plain"));
          }
        };

    assertTrue(broken(deaf).contains("receives what it sends itself"));
  }

  @Test
  void aModeThatOwnsALinkThatItDoesNotDeclareIsCaught() {
    RoutingMode linked =
        spoilt((view, plan) -> plan.withStanding(Link.of("plain0", "dummy").withMtuBytes(1400)));

    assertFalse(broken(linked).contains(OWNS));
    assertFalse(broken(linked, declared("link;name=\"plain*\";kind=\"dummy\"")).contains(OWNS));
    assertTrue(broken(linked, declared("link;name=\"other*\"")).contains(OWNS));
  }

  @Test
  void aModeThatSetsASysctlOfTheNodeIsCaught() {
    RoutingMode global =
        spoilt((view, plan) -> plan.withStanding(Sysctl.of("net/ipv4/ip_forward", 1)));

    assertTrue(broken(global).contains(OWNS));
  }

  @Test
  void aModeThatLetsInTrafficThatItDoesNotDeclareIsCaught() {
    RoutingMode open = spoilt((view, plan) -> plan.withHostTraffic(new HostTraffic(17, 4789)));

    assertFalse(broken(open, declared("traffic;udp=\"4789\"")).contains(OWNS));
    assertTrue(broken(open, declared("traffic;udp=\"8472\"")).contains(OWNS));
  }

  private static Grant declared(String header) {
    return Grant.parse("com.example", header);
  }

  @Test
  void aModeThatOwnsTheSameTwiceIsCaught() {
    RoutingMode doubling =
        spoilt(
            (view, plan) ->
                plan.withStanding(Link.of("plain0", "dummy"))
                    .withStanding(Link.of("plain0", "dummy").withMtuBytes(1400)));

    assertTrue(broken(doubling).contains("gives each object its own key"));
  }

  @Test
  void aModeThatGivesNoReasonIsCaught() {
    RoutingMode silent =
        spoilt(
            (view, plan) -> {
              Map<Cidr, String> nothing = new HashMap<>();
              plan.unreachable().keySet().forEach(cidr -> nothing.put(cidr, "no way"));
              return Plan.of(List.of(), plan.sendings()).withUnreachable(nothing);
            });

    assertTrue(broken(silent).contains("names the node that is unknown"));
    assertTrue(broken(silent).contains("names the peer without addresses"));
  }

  @Test
  void aModeWithAWireForEachPeerIsCaught() {
    RoutingMode wired =
        new Plain() {
          @Override
          Sending sending(Cidr cidr, Peer peer) {
            return new Sending(super.sending(cidr, peer).route(), new Wire("plain/" + peer.name()));
          }
        };

    assertTrue(broken(wired).contains("one wire serves all peers of one kind"));
    assertTrue(broken(wired).contains("cross subnet sends directly within the subnet"));
  }

  @Test
  void aModeThatReachesNobodyIsCaught() {
    RoutingMode idle =
        spoilt(
            (view, plan) -> {
              Map<Cidr, String> all = new HashMap<>(plan.unreachable());
              plan.sendings().keySet().forEach(cidr -> all.put(cidr, "not today"));
              return Plan.of(List.of(), Map.of()).withUnreachable(all);
            });

    assertTrue(broken(idle).contains("reaches every peer that has what it needs"));
  }

  @Test
  void aModeThatMovesAllWhenAPeerGoesIsCaught() {
    RoutingMode counting =
        spoilt(
            (view, plan) -> {
              Map<Cidr, Sending> sendings = new HashMap<>();
              int mtu = 1000 + view.peers().size();
              plan.sendings()
                  .forEach(
                      (cidr, sending) ->
                          sendings.put(
                              cidr,
                              new Sending(sending.route().withMtuBytes(mtu), sending.wire())));
              return Plan.of(List.of(), sendings).withUnreachable(plan.unreachable());
            });

    assertTrue(broken(counting).contains("leaves other destinations alone when a peer goes"));
  }

  @Test
  void aModeThatSendsWhenItIsAloneIsCaught() {
    RoutingMode lonely =
        spoilt(
            (view, plan) ->
                view.peers().isEmpty()
                    ? plan.withUnreachable(Map.of(Cidr.parse("10.65.0.0/16"), "nobody there"))
                    : plan);

    assertTrue(broken(lonely).contains("alone it sends nothing"));
  }

  @Test
  void aModeThatIsNotReadyForWhatIsMissingIsCaught() {
    RoutingMode hasty =
        new Plain() {
          @Override
          public Plan plan(ModeView view) {
            view.self().addresses().get(IpFamily.IPV4).getAddress();
            view.peers().forEach(peer -> peer.advertised().get("key").length());
            return super.plan(view);
          }

          @Override
          public Map<String, String> advertise(LocalNode self) {
            return Map.of("key", "of " + self.name());
          }
        };

    List<String> broken = broken(hasty);

    assertTrue(
        broken.contains("sends or says why not to a peer that has advertised nothing"),
        broken.toString());
    assertTrue(broken.contains("sends or says why not when it has no addresses"));
    assertFalse(broken.contains("plans the same twice"));
  }

  @Test
  void aModeThatNeedsItsTunnelAddressIsCaught() {
    RoutingMode tunnelling =
        new Plain() {
          @Override
          public Info info() {
            return super.info().withTunnelAddresses(Set.of(IpFamily.IPV4));
          }

          @Override
          public Plan plan(ModeView view) {
            if (!view.destinations().isEmpty()) {
              view.self().tunnelAddresses().get("plain/" + IpFamily.IPV4).getAddress();
            }
            return super.plan(view);
          }
        };

    assertTrue(broken(tunnelling).contains("sends or says why not before it has a tunnel address"));
    assertFalse(broken(tunnelling).contains("plans the same twice"));
  }

  @Test
  void aModeThatDoesNotSayWhatItCarriesIsCaught() {
    RoutingMode shy =
        new Plain() {
          @Override
          public Info info() {
            return Info.of("plain");
          }
        };

    assertTrue(broken(shy).contains("says what it is"));
  }

  @Test
  void aModeThatFailsIsCaughtByName() {
    RoutingMode failing =
        spoilt(
            (view, plan) -> {
              throw new IllegalStateException("no idea");
            });

    List<Finding> findings = ModeContract.check(() -> failing, USUAL);

    assertTrue(
        findings.stream().anyMatch(f -> f.problem().orElse("").contains("no idea")),
        findings.toString());
  }

  private interface Spoiling {
    Plan spoil(ModeView view, Plan plan);
  }

  private static RoutingMode spoilt(Spoiling spoiling) {
    return new Plain() {
      @Override
      public Plan plan(ModeView view) {
        return spoiling.spoil(view, super.plan(view));
      }
    };
  }

  private static List<String> broken(RoutingMode mode) {
    return broken(mode, USUAL);
  }

  private static List<String> broken(RoutingMode mode, Grant grant) {
    return ModeContract.check(() -> mode, grant).stream()
        .filter(f -> f.problem().isPresent())
        .map(Finding::check)
        .collect(Collectors.toList());
  }
}
