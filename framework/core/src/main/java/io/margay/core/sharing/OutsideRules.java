// SPDX-License-Identifier: Apache-2.0
package io.margay.core.sharing;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.core.plan.Underlay;
import io.margay.core.view.BlockEntry;
import io.margay.core.view.ClusterView;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which learned routes would take packets away from this node, or from the network under it. */
final class OutsideRules {
  /** Never routed, RFC 6890 and RFC 4291. */
  private static final List<Cidr> NEVER_ROUTED =
      List.of(
          Cidr.parse("0.0.0.0/8"),
          Cidr.parse("127.0.0.0/8"),
          Cidr.parse("169.254.0.0/16"),
          Cidr.parse("224.0.0.0/3"),
          Cidr.parse("::/127"),
          Cidr.parse("fe80::/10"),
          Cidr.parse("ff00::/8"));

  private final Set<Cidr> ownInPools = new HashSet<>();
  private final Set<Cidr> ownElsewhere = new HashSet<>();
  private final Set<InetAddress> local = new HashSet<>();
  private final Map<Cidr, String> subnets = new HashMap<>();
  private final List<InetAddress> needed;

  /**
   * Rules for one view.
   *
   * @param nodes addresses of nodes
   */
  OutsideRules(ClusterView view, Underlay underlay, Set<InetAddress> nodes) {
    own(view).forEach(c -> (view.poolOf(c).isPresent() ? ownInPools : ownElsewhere).add(c));
    for (Interface link : underlay.links()) {
      for (Address address : link.addresses()) {
        local.add(address.address());
        Cidr subnet = Cidr.containing(address.address(), address.prefixLength());
        if (!subnet.isHost()) {
          subnets.put(subnet, link.name());
        }
      }
    }
    Set<InetAddress> addresses = new HashSet<>(nodes);
    addresses.addAll(underlay.asked());
    underlay.routes().values().stream()
        .map(FibResult::gateway)
        .flatMap(Optional::stream)
        .forEach(addresses::add);
    needed = new ArrayList<>(addresses);
  }

  /** Blocks of this node, those that it is claiming, and addresses that it borrows. */
  private static Set<Cidr> own(ClusterView view) {
    Set<Cidr> own = new HashSet<>(view.claimed());
    for (BlockEntry block : view.blocks()) {
      if (block.node().filter(view.self()::equals).isPresent()) {
        own.add(block.cidr());
      } else {
        own.remove(block.cidr());
      }
      block.borrowers().entrySet().stream()
          .filter(e -> e.getValue().equals(view.self()))
          .forEach(e -> own.add(e.getKey()));
    }
    return own;
  }

  /** Why a destination is this node's own; empty when it is not. */
  Optional<String> whyOurs(Cidr cidr, boolean isInPool) {
    if (cidr.isHost() && local.contains(cidr.network())) {
      return Optional.of("it is an address of this node");
    }
    return (isInPool ? ownInPools : ownElsewhere)
        .stream()
            .filter(block -> block.contains(cidr))
            .findFirst()
            .map(block -> "it lies in " + block + ", which this node has");
  }

  /** Why a route to what is in no pool would do harm; empty when it would not. */
  Optional<String> whyHarmful(Cidr cidr) {
    if (NEVER_ROUTED.stream().anyMatch(c -> c.contains(cidr))) {
      return Optional.of("such addresses are never routed");
    }
    for (Map.Entry<Cidr, String> subnet : subnets.entrySet()) {
      if (subnet.getKey().equals(cidr)) {
        return Optional.of("it is the subnet of " + subnet.getValue());
      }
      if (subnet.getKey().contains(cidr)) {
        return needed.stream()
            .filter(cidr::contains)
            .findFirst()
            .map(a -> Ip.text(a) + " is on " + subnet.getValue() + " itself");
      }
    }
    return Optional.empty();
  }
}
