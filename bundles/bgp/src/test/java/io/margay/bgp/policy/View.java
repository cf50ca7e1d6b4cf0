// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.mode.LocalNode;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpFilter;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.sharing.SharingView;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** A cluster as a node sees it, made of documents. */
final class View implements SharingView {
  private final String self;
  private final List<Node> nodes = new ArrayList<>();
  private final Set<Cidr> originated = new TreeSet<>();
  private final List<IpPool> pools = new ArrayList<>();
  private final List<BgpPeer> peers = new ArrayList<>();
  private final List<BgpFilter> filters = new ArrayList<>();
  private Optional<BgpConfiguration> configuration = Optional.empty();

  View(String self) {
    this.self = self;
  }

  private static byte[] document(String kind, String metadata, String spec) {
    return ("{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\""
            + kind
            + "\",\"metadata\":{"
            + metadata.replace('\'', '"')
            + "},\"spec\":{"
            + spec.replace('\'', '"')
            + "}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String named(String name) {
    return "'name':'" + name + "'";
  }

  View node(String name, String address, String more, String labels) {
    try {
      String bgp = "'bgp':{'ipv4Address':'" + address + "/24'" + more + "}";
      nodes.add(Node.parse(document("Node", named(name) + ",'labels':{" + labels + "}", bgp)));
    } catch (InvalidResourceException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  View node(String name, String address) {
    return node(name, address, "", "");
  }

  View peer(String name, String spec) {
    return peer(name, spec, "");
  }

  View peer(String name, String spec, String annotations) {
    try {
      String metadata = named(name) + ",'annotations':{" + annotations + "}";
      peers.add(BgpPeer.parse(document("BGPPeer", metadata, spec)));
    } catch (InvalidResourceException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  View filter(String name, String spec) {
    try {
      filters.add(BgpFilter.parse(document("BGPFilter", named(name), spec)));
    } catch (InvalidResourceException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  View pool(String name, String spec) {
    try {
      pools.add(IpPool.parse(document("IPPool", named(name), spec)));
    } catch (InvalidResourceException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  View configured(String spec) {
    try {
      configuration =
          Optional.of(BgpConfiguration.parse(document("BGPConfiguration", named("default"), spec)));
    } catch (InvalidResourceException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  View originates(String... cidrs) {
    for (String cidr : cidrs) {
      originated.add(Cidr.parse(cidr));
    }
    return this;
  }

  /** The settings, with passwords that are named as their keys. */
  SpeakerSettings settings() {
    return SettingsMaker.make(this, key -> "password of " + key.key(), 90, Optional.empty())
        .orElseThrow();
  }

  @Override
  public LocalNode self() {
    Map<IpFamily, InetAddress> addresses = new EnumMap<>(IpFamily.class);
    nodes.stream()
        .filter(node -> node.name().equals(self))
        .flatMap(node -> node.ipv4Address().stream())
        .forEach(address -> addresses.put(IpFamily.IPV4, address.address()));
    return new LocalNode(self, addresses, Map.of(), Map.of(), 1500, Map.of());
  }

  @Override
  public Collection<Node> nodes() {
    return nodes;
  }

  @Override
  public Set<Cidr> originated() {
    return originated;
  }

  @Override
  public Collection<IpPool> pools() {
    return pools;
  }

  @Override
  public Optional<BgpConfiguration> configuration() {
    return configuration;
  }

  @Override
  public Collection<BgpPeer> peers() {
    return peers;
  }

  @Override
  public Collection<BgpFilter> filters() {
    return filters;
  }
}
