// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Routes each destination as learned, or via the gateway to its owner, and counts how often it was
 * asked.
 */
public final class TestMode implements RoutingMode {
  private final String name;
  int plans;
  ModeView lastView;
  RuntimeException failure;
  boolean isCutOff;
  OptionalInt mtuBytes = OptionalInt.empty();
  OptionalInt encapType = OptionalInt.empty();
  Set<IpFamily> tunnels = Set.of();
  Map<String, String> advertised = Map.of();
  LocalNode lastSelf;
  final List<KernelObject> standing = new ArrayList<>();
  final List<Wire> receives = new ArrayList<>();
  final List<HostTraffic> traffic = new ArrayList<>();

  public TestMode(String name) {
    this.name = name;
  }

  @Override
  public Info info() {
    return Info.of(name)
        .withFamily(IpFamily.IPV4, 0)
        .withFamily(IpFamily.IPV6, 0)
        .withTunnelAddresses(tunnels);
  }

  @Override
  public Map<String, String> advertise(LocalNode self) {
    lastSelf = self;
    return advertised;
  }

  @Override
  public Plan plan(ModeView view) {
    lastView = view.peers().isEmpty() ? lastView : view;
    plans += view.peers().isEmpty() ? 0 : 1; // By itself it is only asked what it receives.
    if (failure != null) {
      throw failure;
    }
    Map<Cidr, Sending> sendings = new TreeMap<>();
    Map<Cidr, String> unreachable = new TreeMap<>();
    for (Destination destination : view.destinations()) {
      Cidr cidr = destination.cidr();
      List<NextHop> hops = new ArrayList<>(destination.learnedNextHops());
      if (hops.isEmpty()) {
        destination
            .owner()
            .flatMap(view::peer)
            .map(p -> p.gateways().get(cidr.family()))
            .ifPresent(gateway -> hops.add(NextHop.via(gateway.address(), gateway.link())));
      }
      if (!hops.isEmpty() && !isCutOff) {
        Route route = Route.of(cidr, hops);
        Route sized = mtuBytes.isPresent() ? route.withMtuBytes(mtuBytes.getAsInt()) : route;
        Route wrapped =
            encapType.isPresent()
                ? sized.withEncap(new Route.Encap(encapType.getAsInt(), List.of()))
                : sized;
        sendings.put(cidr, new Sending(wrapped, Wire.DIRECT));
      } else {
        unreachable.put(cidr, "no way to " + destination.owner().orElse("its node"));
      }
    }
    Plan plan = Plan.of(standing, sendings).withUnreachable(unreachable);
    for (Wire wire : receives) {
      plan = plan.withReceives(wire);
    }
    for (HostTraffic t : traffic) {
      plan = plan.withHostTraffic(t);
    }
    return plan;
  }
}
