// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.dataplane.NextHop;
import io.margay.api.net.IpFamily;
import io.margay.api.sharing.LearnedRoute;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.rib.BestRoutes;
import io.margay.bgp.rib.RibPeer;
import io.margay.bgp.session.Timers;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The best routes, as core gets them: whole, some time after they changed, so that a table that is
 * being learned is not handed over again and again. Confined to the speaker's thread.
 */
final class LearnedTable implements BestRoutes {
  private static final double SHORTEST_SECONDS = 0.005;

  /** Share of the time that handing over may take. */
  private static final int REST = 10;

  private final Timers timers;
  private final BiConsumer<Collection<LearnedRoute>, Boolean> receiver;
  private final Map<Prefix, LearnedRoute> routes = new HashMap<>();
  private Map<Prefix, InetAddress> gateways = Map.of();
  private boolean isSynced;
  private boolean isScheduled;
  private double waitSeconds = SHORTEST_SECONDS;

  /**
   * An empty table.
   *
   * @param receiver gets all routes, and whether they are all that there are
   */
  LearnedTable(Timers timers, BiConsumer<Collection<LearnedRoute>, Boolean> receiver) {
    this.timers = timers;
    this.receiver = receiver;
  }

  @Override
  public void changed(Prefix prefix, RibPeer source, List<PathAttributes> best) {
    if (best.isEmpty()) {
      if (routes.remove(prefix) != null) {
        schedule();
      }
      return;
    }
    List<NextHop> nextHops = new ArrayList<>();
    for (PathAttributes attributes : best) {
      NextHop hop = nextHop(attributes, source);
      if (!nextHops.contains(hop)) {
        nextHops.add(hop);
      }
    }
    LearnedRoute route = new LearnedRoute(prefix.cidr(), nextHops, BgpSharing.NAME);
    if (!route.equals(routes.put(prefix, route))) {
      schedule();
    }
  }

  /** A link-local next hop means something on the link of the peer only. */
  private static NextHop nextHop(PathAttributes attributes, RibPeer source) {
    InetAddress global = attributes.nextHop();
    if (global.isLinkLocalAddress() && source.address() instanceof Inet6Address peer) {
      NetworkInterface link = peer.getScopedInterface();
      if (link != null) {
        return NextHop.via(global, link.getName());
      }
    }
    return NextHop.via(global);
  }

  /** Ways to peers that are behind a gateway: as if they were learned. */
  void setGateways(Map<Prefix, InetAddress> changed) {
    if (!changed.equals(gateways)) {
      gateways = changed;
      schedule();
    }
  }

  /** All peers have told what they know. */
  void synced() {
    isSynced = true;
    schedule();
  }

  boolean isSynced() {
    return isSynced;
  }

  int size(IpFamily family) {
    return (int) routes.keySet().stream().filter(p -> p.family() == family).count();
  }

  private void schedule() {
    if (!isScheduled) {
      isScheduled = true;
      timers.inSeconds(waitSeconds, this::handOver);
    }
  }

  private void handOver() {
    isScheduled = false;
    long start = timers.nanoTime();
    List<LearnedRoute> all = new ArrayList<>(routes.values());
    gateways.forEach(
        (peer, gateway) ->
            all.add(new LearnedRoute(peer.cidr(), List.of(NextHop.via(gateway)), BgpSharing.NAME)));
    receiver.accept(all, isSynced);
    double seconds = (timers.nanoTime() - start) / 1e9;
    waitSeconds = Math.max(SHORTEST_SECONDS, seconds * REST);
  }
}
