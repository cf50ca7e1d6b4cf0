// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.NextHop;
import io.margay.api.mode.Destination;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Settings;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A view for tests of routing modes. Immutable; each {@code withX} returns a larger view.
 *
 * <p>The node is {@code node1} with the uplink {@code eth0} of 1500 bytes.
 */
public record FakeView(
    LocalNode self,
    KernelFacts kernel,
    Settings settings,
    List<Peer> peers,
    List<Destination> destinations,
    Set<Wire> receiving)
    implements ModeView {
  private static final KernelFacts KERNEL =
      new KernelFacts("6.1.0", Set.of("ipip", "vxlan", "dummy"), Set.of("nftables", "tcx"));

  public FakeView {
    peers = List.copyOf(peers);
    destinations = List.copyOf(destinations);
    receiving = Set.copyOf(receiving);
  }

  /** A node with these addresses, such as {@code 192.0.2.1/24}, and nothing around it. */
  public static FakeView of(String... addresses) {
    Map<IpFamily, InetAddress> own = new EnumMap<>(IpFamily.class);
    Map<IpFamily, Integer> lengths = new EnumMap<>(IpFamily.class);
    Map<IpFamily, String> uplinks = new EnumMap<>(IpFamily.class);
    for (String text : addresses) {
      InterfaceAddress address = InterfaceAddress.parse(text);
      own.put(address.family(), address.address());
      lengths.put(address.family(), address.prefixLength());
      uplinks.put(address.family(), "eth0");
    }
    LocalNode self = new LocalNode("node1", own, lengths, uplinks, 1500, Map.of());
    return new FakeView(self, KERNEL, new Settings(Map.of()), List.of(), List.of(), Set.of());
  }

  /** Sets what our own node has as tunnel address, by {@code MODE/FAMILY}. */
  public FakeView withTunnelAddress(String key, String address) {
    Map<String, InetAddress> more = new HashMap<>(self.tunnelAddresses());
    more.put(key, Ip.parse(address));
    Set<InetAddress> all = new HashSet<>(self.poolAddresses());
    all.add(Ip.parse(address));
    return withSelf(
        new LocalNode(
            self.name(),
            self.addresses(),
            self.prefixLengths(),
            self.uplinks(),
            self.uplinkMtuBytes(),
            more,
            self.settings(),
            all));
  }

  public FakeView withUplinkMtuBytes(int value) {
    return withSelf(
        new LocalNode(
            self.name(),
            self.addresses(),
            self.prefixLengths(),
            self.uplinks(),
            value,
            self.tunnelAddresses(),
            self.settings(),
            self.poolAddresses()));
  }

  /** Sets what the Node resource says to the mode. */
  public FakeView withNodeSettings(Map<String, String> value) {
    return withSelf(self.withSettings(value));
  }

  public FakeView withSetting(String name, String value) {
    Map<String, String> more = new HashMap<>(settings.values());
    more.put(name, value);
    return new FakeView(self, kernel, new Settings(more), peers, destinations, receiving);
  }

  /** Sets which facts the kernel states. */
  public FakeView withKernel(KernelFacts value) {
    return new FakeView(self, value, settings, peers, destinations, receiving);
  }

  /** Adds a wire by which other nodes may still send. */
  public FakeView withReceiving(Wire wire) {
    Set<Wire> more = new HashSet<>(receiving);
    more.add(wire);
    return new FakeView(self, kernel, settings, peers, destinations, more);
  }

  /**
   * Adds a node. It is on the link when an address of it is in our subnet; otherwise the kernel
   * reaches it by the first address of our subnet.
   */
  public FakeView withPeer(String name, String... addresses) {
    Map<IpFamily, InetAddress> its = new EnumMap<>(IpFamily.class);
    Map<IpFamily, Boolean> same = new EnumMap<>(IpFamily.class);
    Map<IpFamily, Peer.Gateway> gateways = new EnumMap<>(IpFamily.class);
    for (String text : addresses) {
      InetAddress address = Ip.parse(text);
      IpFamily family = IpFamily.of(address);
      its.put(family, address);
      InetAddress own = self.addresses().get(family);
      if (own != null) {
        Cidr subnet = Cidr.containing(own, self.prefixLengths().get(family));
        boolean isOnLink = subnet.contains(address);
        same.put(family, isOnLink);
        gateways.put(family, new Peer.Gateway(isOnLink ? address : subnet.address(254), "eth0"));
      }
    }
    return withPeer(new Peer(name, its, same, gateways, Map.of(), Map.of()));
  }

  public FakeView withPeer(Peer peer) {
    return new FakeView(self, kernel, settings, added(peers, peer), destinations, receiving);
  }

  /** Adds a block of pool {@code pool} that a node has. */
  public FakeView withBlock(String cidr, Variant variant, String owner) {
    return withDestination(
        new Destination(Cidr.parse(cidr), "pool", variant, Optional.of(owner), List.of()));
  }

  /** Adds a destination that route sharing has learned. */
  public FakeView withLearned(String cidr, NextHop... nextHops) {
    return withDestination(
        new Destination(
            Cidr.parse(cidr), "pool", Variant.ALWAYS, Optional.empty(), List.of(nextHops)));
  }

  public FakeView withDestination(Destination destination) {
    return new FakeView(self, kernel, settings, peers, added(destinations, destination), receiving);
  }

  /** The same view in another order. */
  public FakeView shuffled(Random random) {
    List<Peer> otherPeers = new ArrayList<>(peers);
    List<Destination> otherDestinations = new ArrayList<>(destinations);
    Collections.shuffle(otherPeers, random);
    Collections.shuffle(otherDestinations, random);
    return new FakeView(self, kernel, settings, otherPeers, otherDestinations, receiving);
  }

  private FakeView withSelf(LocalNode value) {
    return new FakeView(value, kernel, settings, peers, destinations, receiving);
  }

  private static <T> List<T> added(List<T> list, T value) {
    List<T> more = new ArrayList<>(list);
    more.add(value);
    return more;
  }
}
