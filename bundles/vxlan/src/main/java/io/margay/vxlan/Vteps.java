// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The peers' ends of the tunnels of one family, and why some peers have none. */
final class Vteps {
  private final TreeMap<String, Vtep> byPeer = new TreeMap<>();
  private final Map<String, String> missing = new HashMap<>();

  /** All peers of the view; of two with one address or MAC only the first by name has a tunnel. */
  static Vteps of(ModeView view, IpFamily family) {
    Vteps vteps = new Vteps();
    Map<Object, String> taken = new HashMap<>();
    taken.put(view.self().tunnelAddresses().get(Vtep.addressKey(family)), "this node");
    List<Peer> peers = view.peers().stream().sorted(Comparator.comparing(Peer::name)).toList();
    for (Peer peer : peers) {
      Optional<String> why = whyMissing(peer, family);
      if (why.isEmpty()) {
        vteps.add(peer.name(), Vtep.of(peer, family), taken);
      } else {
        vteps.missing.put(peer.name(), why.get());
      }
    }
    return vteps;
  }

  private void add(String peer, Vtep vtep, Map<Object, String> taken) {
    String other = taken.getOrDefault(vtep.address(), taken.get(vtep.mac()));
    if (other != null) {
      boolean isAddress = taken.containsKey(vtep.address());
      missing.put(
          peer,
          "node %s and %s have the tunnel %s"
              .formatted(
                  peer,
                  other,
                  isAddress ? "address " + Ip.text(vtep.address()) : "MAC " + vtep.mac()));
      return;
    }
    taken.put(vtep.address(), "node " + peer);
    taken.put(vtep.mac(), "node " + peer);
    byPeer.put(peer, vtep);
  }

  private static Optional<String> whyMissing(Peer peer, IpFamily family) {
    String name = name(family);
    if (!peer.addresses().containsKey(family)) {
      return Optional.of("node " + peer.name() + " has no " + name + " address");
    }
    return peer.tunnelAddresses().containsKey(Vtep.addressKey(family))
        ? Optional.empty()
        : Optional.of("node " + peer.name() + " has no " + name + " tunnel address yet");
  }

  /** In the order of the peers' names. */
  Collection<Vtep> all() {
    return byPeer.values();
  }

  Optional<Vtep> of(String peer) {
    return Optional.ofNullable(byPeer.get(peer));
  }

  /** Why a peer of the view has no tunnel, in words. */
  Optional<String> whyMissing(String peer) {
    return Optional.ofNullable(missing.get(peer));
  }

  static String name(IpFamily family) {
    return family == IpFamily.IPV4 ? "IPv4" : "IPv6";
  }
}
