// SPDX-License-Identifier: Apache-2.0
package io.margay.direct;

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
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Sends pods' packets as they are: one route per destination, through the gateway by which the
 * kernel reaches the node that has it.
 *
 * <p>The same gateway is used behind a router, where the packet arrives only if the network in
 * between knows the blocks too, so that a switch to or from this mode stays the replacement of one
 * route.
 */
@Component
public final class DirectMode implements RoutingMode {
  private static final Info INFO =
      Info.of("direct").withFamily(IpFamily.IPV4, 0).withFamily(IpFamily.IPV6, 0);

  @Activate
  public DirectMode() {}

  @Override
  public Info info() {
    return INFO;
  }

  @Override
  public Map<String, String> advertise(LocalNode self) {
    return Map.of();
  }

  @Override
  public Plan plan(ModeView view) {
    Map<String, Peer> peers =
        view.peers().stream().collect(Collectors.toMap(Peer::name, Function.identity()));
    Map<Cidr, Sending> sendings = new HashMap<>();
    Map<Cidr, String> unreachable = new TreeMap<>();
    for (Destination destination : view.destinations()) {
      Cidr cidr = destination.cidr();
      List<NextHop> nextHops = nextHops(view.self(), peers, destination);
      if (nextHops.isEmpty()) {
        unreachable.put(cidr, whyUnreachable(peers, destination));
      } else {
        sendings.put(cidr, new Sending(Route.of(cidr, nextHops), Wire.DIRECT));
      }
    }
    return Plan.of(List.of(), sendings).withUnreachable(unreachable).withReceives(Wire.DIRECT);
  }

  /** Empty when the destination cannot be reached. */
  private static List<NextHop> nextHops(
      LocalNode self, Map<String, Peer> peers, Destination destination) {
    if (!destination.learnedNextHops().isEmpty()) {
      // The kernel keeps next hops in the order given; a fixed order makes equal plans equal.
      return destination.learnedNextHops().stream()
          .sorted(Comparator.comparing(NextHop::toString))
          .toList();
    }
    IpFamily family = destination.cidr().family();
    return destination
        .owner()
        .map(peers::get)
        .map(peer -> peer.gateways().get(family))
        .map(gateway -> List.of(nextHop(self, gateway)))
        .orElse(List.of());
  }

  private static NextHop nextHop(LocalNode self, Peer.Gateway gateway) {
    NextHop nextHop = NextHop.via(gateway.address(), gateway.link());
    return isCovered(self, gateway) ? nextHop : nextHop.withOnlink();
  }

  /** Whether the kernel finds the gateway on the link by itself. */
  private static boolean isCovered(LocalNode self, Peer.Gateway gateway) {
    InetAddress address = gateway.address();
    IpFamily family = IpFamily.of(address);
    InetAddress own = self.addresses().get(family);
    if (address.isLinkLocalAddress()) {
      return family == IpFamily.IPV6; // Every IPv6 link has fe80::/64; no IPv4 link need have one.
    }
    return own != null
        && gateway.link().equals(self.uplinks().get(family))
        && Cidr.containing(own, self.prefixLengths().get(family)).contains(address);
  }

  private static String whyUnreachable(Map<String, Peer> peers, Destination destination) {
    if (destination.owner().isEmpty()) {
      return "no node has it, and no route to it was learned";
    }
    String node = destination.owner().get();
    Peer peer = peers.get(node);
    if (peer == null) {
      return "node " + node + " has it, and is not known";
    }
    IpFamily family = destination.cidr().family();
    InetAddress address = peer.addresses().get(family);
    return address == null
        ? "node " + node + " has no " + (family == IpFamily.IPV4 ? "IPv4" : "IPv6") + " address"
        : "the kernel has no route to node " + node + " at " + Ip.text(address);
  }
}
