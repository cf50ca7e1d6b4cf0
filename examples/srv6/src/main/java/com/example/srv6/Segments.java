// SPDX-License-Identifier: Apache-2.0
package com.example.srv6;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The peers' segments that this node can send to, and why some peers have none. */
final class Segments {
  private record Reachable(Sids sids, Peer.Gateway gateway) {}

  private final TreeMap<String, Reachable> byPeer = new TreeMap<>();
  private final Map<String, String> missing = new HashMap<>();

  /** Of all peers of the view; of two with one segment id only the first by name is sent to. */
  static Segments of(ModeView view) {
    Segments segments = new Segments();
    Map<InetAddress, String> taken = new HashMap<>();
    Sids.of(view.self()).all().forEach(sid -> taken.put(sid, "this node"));
    List<Peer> peers = view.peers().stream().sorted(Comparator.comparing(Peer::name)).toList();
    for (Peer peer : peers) {
      segments.add(peer, taken);
    }
    return segments;
  }

  private void add(Peer peer, Map<InetAddress, String> taken) {
    Sids sids = Sids.of(peer);
    Peer.Gateway gateway = peer.gateways().get(IpFamily.IPV6);
    InetAddress address = peer.addresses().get(IpFamily.IPV6);
    Optional<Inet6Address> shared = sids.all().stream().filter(taken::containsKey).findFirst();
    String node = "node " + peer.name();
    if (address == null) {
      missing.put(peer.name(), node + " has no IPv6 address");
    } else if (gateway == null) {
      missing.put(peer.name(), "the kernel has no route to " + node + " at " + Ip.text(address));
    } else if (shared.isPresent()) {
      String owner = taken.get(shared.get());
      missing.put(
          peer.name(), node + " and " + owner + " have the segment id " + Ip.text(shared.get()));
    } else {
      sids.all().forEach(sid -> taken.put(sid, node));
      byPeer.put(peer.name(), new Reachable(sids, gateway));
    }
  }

  /** Routes of the underlay to the segments: each by the next hop to its node. */
  List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    for (Reachable peer : byPeer.values()) {
      NextHop hop = NextHop.via(peer.gateway().address(), peer.gateway().link()).withOnlink();
      peer.sids().all().forEach(sid -> routes.add(Route.of(Cidr.host(sid), hop)));
    }
    return routes;
  }

  /** The route by which packets go to a peer; empty when it cannot be sent to. */
  Optional<Route> to(Cidr destination, String peer) {
    return Optional.ofNullable(byPeer.get(peer))
        .flatMap(
            reachable ->
                reachable
                    .sids()
                    .of(destination.family())
                    .map(
                        sid ->
                            Route.of(destination, NextHop.dev(reachable.gateway().link()))
                                .withEncap(Seg6.towards(sid))));
  }

  /** Why {@link #to} says nothing of a peer of the view, in words. */
  String whyNot(String peer) {
    return missing.getOrDefault(
        peer, "node " + peer + " advertises no segment id: has it this mode's bundle?");
  }
}
