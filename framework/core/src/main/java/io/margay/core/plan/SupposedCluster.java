// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Peer;
import io.margay.api.mode.RoutingMode;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.PoolMode;
import io.margay.core.view.TunnelFields;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The cluster as it were if a pool had another mode. A node that has no tunnel address of the mode
 * yet gets one that cannot be anybody's, which {@link #text} replaces by words.
 */
public final class SupposedCluster {
  /** Reserved, RFC 1112 section 4. */
  private static final InetAddress NOBODY4 = Ip.parse("240.0.0.0");

  /** Discard-only, RFC 6666. */
  private static final InetAddress NOBODY6 = Ip.parse("100::");

  private final ClusterView view;
  private final Map<String, String> words;

  private SupposedCluster(ClusterView view, Map<String, String> words) {
    this.view = view;
    this.words = words;
  }

  /**
   * Supposes that a pool has a mode.
   *
   * @param pool one of the view's
   * @param info of the mode
   */
  public static SupposedCluster of(ClusterView now, String pool, PoolMode mode, Info info) {
    Map<String, PoolEntry> pools = new HashMap<>(now.pools());
    pools.put(pool, withMode(pools.get(pool), mode));
    Map<String, String> words = new LinkedHashMap<>();
    Map<String, NodeEntry> nodes = new TreeMap<>(now.nodes());
    nodes.replaceAll((name, node) -> withTunnels(node, pools, mode.name(), info, words));
    return new SupposedCluster(
        new ClusterView(now.self(), nodes, pools, now.blocks(), now.claimed(), now.settings()),
        words);
  }

  public ClusterView view() {
    return view;
  }

  /** A text about this cluster, with words in place of the addresses that nobody has yet. */
  public String text(String text) {
    if (words.isEmpty()) {
      return text;
    }
    Matcher matcher =
        Pattern.compile("(?<![0-9a-f:.])(240\\.\\d+\\.\\d+\\.\\d+|100::[0-9a-f]*)").matcher(text);
    return matcher.replaceAll(
        found -> Matcher.quoteReplacement(words.getOrDefault(found.group(), found.group())));
  }

  /** Peers that have not advertised anything of a mode yet, with what it would say there. */
  public static List<Peer> advertising(List<Peer> peers, RoutingMode mode) {
    return peers.stream().map(p -> p.advertised().isEmpty() ? advertising(p, mode) : p).toList();
  }

  private static Peer advertising(Peer peer, RoutingMode mode) {
    LocalNode node =
        new LocalNode(
            peer.name(),
            peer.addresses(),
            Map.of(),
            Map.of(),
            LocalNodes.DEFAULT_MTU_BYTES,
            peer.tunnelAddresses());
    return new Peer(
        peer.name(),
        peer.addresses(),
        peer.sameSubnet(),
        peer.gateways(),
        peer.tunnelAddresses(),
        mode.advertise(node));
  }

  private static PoolEntry withMode(PoolEntry pool, PoolMode mode) {
    return new PoolEntry(
        pool.name(),
        pool.cidr(),
        mode,
        pool.enabled(),
        pool.natOutgoing(),
        pool.loadBalancer(),
        pool.tunnels(),
        pool.unconfirmed(),
        pool.routesFrom(),
        pool.without());
  }

  private static NodeEntry withTunnels(
      NodeEntry node,
      Map<String, PoolEntry> pools,
      String mode,
      Info info,
      Map<String, String> words) {
    Map<String, InetAddress> addresses = new HashMap<>(node.tunnelAddresses());
    for (IpFamily family : info.tunnelAddresses()) {
      String key = TunnelFields.key(mode, family);
      boolean isUsed =
          pools.values().stream()
              .anyMatch(p -> p.mode().name().equals(mode) && p.cidr().family() == family);
      if (!isUsed || addresses.containsKey(key)) {
        continue;
      }
      InetAddress parked = node.parked().get(key); // A mode that comes back takes it along.
      InetAddress nobody = Ip.plus(family == IpFamily.IPV4 ? NOBODY4 : NOBODY6, words.size() + 1);
      addresses.put(key, parked != null ? parked : nobody);
      if (parked == null) {
        words.put(Ip.text(nobody), "<" + mode + " address of " + node.name() + ">");
      }
    }
    return new NodeEntry(
        node.name(),
        node.addresses(),
        addresses,
        node.parked(),
        node.advertised(),
        node.settings(),
        node.labels());
  }
}
