// SPDX-License-Identifier: Apache-2.0
package io.margay.vendor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
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
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each clause of the contract catches the mode that breaks it. */
class ModeContractTest {
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
  void aModeThatFailsIsCaughtByName() {
    RoutingMode failing =
        spoilt(
            (view, plan) -> {
              throw new IllegalStateException("no idea");
            });

    List<Finding> findings = ModeContract.check(() -> failing);

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
    return ModeContract.check(() -> mode).stream()
        .filter(f -> f.problem().isPresent())
        .map(Finding::check)
        .collect(Collectors.toList());
  }
}
