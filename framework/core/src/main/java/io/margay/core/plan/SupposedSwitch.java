// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Plan;
import io.margay.api.net.IpFamily;
import io.margay.core.switching.PlannedSwitch;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What stands against a change of a pool's mode on this node, and what it would do.
 *
 * @param now the cluster as it is
 * @param supposed as it would be
 * @param info of the mode that the pool would have
 * @param wanted what the modes would be asked to plan
 * @param self this node, as it would be
 * @param standing modes that have objects in the kernel
 * @param podMtuBytes MTU of pods
 */
public record SupposedSwitch(
    ClusterView now,
    SupposedCluster supposed,
    String pool,
    PoolMode mode,
    Info info,
    Underlay underlay,
    KernelFacts kernel,
    Wanted wanted,
    LocalNode self,
    Set<String> standing,
    int podMtuBytes) {

  /** What can be said before the mode plans, a sentence each; with any of it there is no plan. */
  public List<String> blockers() {
    List<String> blockers = new ArrayList<>();
    if (!info.families().contains(family())) {
      blockers.add(mode.name() + " carries no " + family());
    }
    Set<String> missing = new TreeSet<>(info.linkTypes());
    missing.removeAll(kernel.linkTypes());
    if (!missing.isEmpty()) {
      String types = String.join(", ", missing);
      blockers.add("the kernel (" + kernel.release() + ") can make no links of type " + types);
    }
    if (fitsBytes() < podMtuBytes) {
      blockers.add(
          "pods have an MTU of %d, %s carries %d: allow the mode by margay.io/allowed-modes"
                  .formatted(podMtuBytes, mode.name(), fitsBytes())
              + " of FelixConfiguration, and make the pods anew");
    }
    for (TunnelWish wish : missingAddresses()) {
      if (wish.pools().isEmpty()) {
        blockers.add(
            "no tunnel address can be had: no pool of the mode is for tunnels of this node");
      } else if (!wish.available()) {
        blockers.add("no tunnel address can be had: pool " + pools(wish) + " is disabled");
      }
    }
    return blockers;
  }

  /**
   * What would be done.
   *
   * @param changes of the kernel, for that plan
   * @param portsInUse UDP ports
   */
  public PlannedSwitch planned(Plan plan, List<Change> changes, Set<Integer> portsInUse) {
    List<String> blockers = takenPorts(plan, changes, portsInUse);
    for (Destination destination : wanted.destinationsOf(pool)) {
      Optional.ofNullable(plan.unreachable().get(destination.cidr()))
          .ifPresent(why -> blockers.add(destination.cidr() + ": " + why));
    }
    for (Change change : changes) {
      if (change.action() == Change.Action.CONFLICT) {
        blockers.add("somebody else's " + change.before().orElse("") + " is in the way");
      }
    }
    if (plan.receives().isEmpty() && blockers.isEmpty()) {
      blockers.add(mode.name() + " would receive nothing here");
    }
    long routes =
        changes.stream()
            .flatMap(c -> c.after().stream())
            .filter(o -> o.kind() == KernelObject.Kind.ROUTE)
            .count();
    return new PlannedSwitch(
        (int) routes,
        podMtuBytes,
        fitsBytes(),
        changes.stream().map(c -> supposed.text(c.toString())).toList(),
        blockers.stream().map(supposed::text).toList(),
        notes());
  }

  private IpFamily family() {
    return now.pools().get(pool).cidr().family();
  }

  private int fitsBytes() {
    return self.uplinkMtuBytes() - info.overheadBytes(family());
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (TunnelWish wish : missingAddresses()) {
      notes.add("a tunnel address will be taken from pool " + pools(wish) + " first");
    }
    String left = now.pools().get(pool).mode().name();
    if (standing.contains(left)
        && supposed.view().pools().values().stream().noneMatch(p -> p.mode().name().equals(left))) {
      notes.add("what " + left + " has standing goes once no node sends by it");
    }
    return notes;
  }

  /** Tunnel addresses of the mode that this node has not, and has not parked either. */
  private List<TunnelWish> missingAddresses() {
    NodeEntry own = now.own().orElseThrow();
    return TunnelAddresses.of(supposed.view(), List.of(info), wanted.byMode()).stream()
        .filter(wish -> wish.family() == family())
        .filter(wish -> !own.tunnelAddresses().containsKey(wish.key()))
        .filter(wish -> !own.parked().containsKey(wish.key()))
        .toList();
  }

  private static String pools(TunnelWish wish) {
    return String.join(" or ", wish.pools());
  }

  /** Of a tunnel that is to be made; those that are there share their port with others alike. */
  private List<String> takenPorts(Plan plan, List<Change> changes, Set<Integer> portsInUse) {
    Set<String> made = new TreeSet<>();
    for (Change change : changes) {
      if (change.action() == Change.Action.ADD && change.after().get() instanceof Link link) {
        link.type().ifPresent(made::add);
      }
    }
    boolean isFirst =
        !made.isEmpty() && underlay.links().stream().noneMatch(l -> made.contains(l.type()));
    List<String> taken = new ArrayList<>();
    for (HostTraffic traffic : plan.hostTraffic()) {
      if (isFirst && portsInUse.contains(traffic.udpPort())) {
        taken.add("UDP port " + traffic.udpPort() + " is in use by another socket of the node");
      }
    }
    return taken;
  }
}
