// SPDX-License-Identifier: Apache-2.0
package com.example.tap;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeDaemon;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Sends pods' packets to the link of the daemon {@code margay-tap}, which carries them in UDP. Each
 * peer is a permanent neighbour there whose MAC is 02:50 and its IPv4 address: all that the daemon
 * needs to know.
 */
@Component
public final class TapMode implements RoutingMode, ModeDaemon {
  static final String NAME = "tap";
  static final String LINK = "margay-tap";

  private static final Wire WIRE = new Wire(NAME);

  /** The daemon's port; a private one. */
  private static final HostTraffic UDP = new HostTraffic(17, 49252);

  /** Outer IPv4 and UDP headers. */
  private static final int OVERHEAD_BYTES = 28;

  private static final Info INFO =
      Info.of(NAME)
          .withFamily(IpFamily.IPV4, OVERHEAD_BYTES)
          .withFamily(IpFamily.IPV6, OVERHEAD_BYTES)
          .withTunnelAddresses(Set.of(IpFamily.IPV4, IpFamily.IPV6));

  private static final Path LINKS = Path.of("/proc/net/dev");

  @Activate
  public TapMode() {}

  @Override
  public Info info() {
    return INFO;
  }

  /** The kernel takes the link away when the daemon ends. */
  @Override
  public Readiness readiness() {
    try (Stream<String> lines = Files.lines(LINKS)) {
      return lines.anyMatch(line -> line.strip().startsWith(LINK + ":"))
          ? new Readiness(true, "")
          : new Readiness(false, "there is no link " + LINK + ": does margay-tap run?");
    } catch (IOException e) {
      return new Readiness(false, LINKS + ": " + e.getMessage());
    }
  }

  @Override
  public Map<String, String> advertise(LocalNode self) {
    return Map.of();
  }

  @Override
  public Plan plan(ModeView view) {
    Map<Cidr, Sending> sendings = new HashMap<>();
    Map<Cidr, String> unreachable = new HashMap<>();
    for (Destination destination : view.destinations()) {
      sending(view, destination)
          .ifPresentOrElse(
              sending -> sendings.put(destination.cidr(), sending),
              () -> unreachable.put(destination.cidr(), whyNot(view, destination)));
    }
    Plan plan = Plan.of(standing(view), sendings).withUnreachable(unreachable);
    return view.self().addresses().containsKey(IpFamily.IPV4)
        ? plan.withReceives(WIRE).withHostTraffic(UDP)
        : plan;
  }

  private static List<KernelObject> standing(ModeView view) {
    List<KernelObject> objects = new ArrayList<>();
    objects.add(Link.external(LINK));
    // Strict would drop what comes by this link while the answer goes by another.
    objects.add(Sysctl.of("net/ipv4/conf/" + LINK + "/rp_filter", 2));
    for (IpFamily family : IpFamily.values()) {
      InetAddress own = view.self().tunnelAddresses().get(NAME + "/" + family);
      if (own != null) {
        objects.add(Address.of(LINK, own, Cidr.host(own).length()));
      }
    }
    view.peers().stream()
        .sorted(Comparator.comparing(Peer::name))
        .filter(peer -> peer.addresses().containsKey(IpFamily.IPV4))
        .forEach(
            peer -> {
              for (IpFamily family : IpFamily.values()) {
                objects.add(Neighbour.of(LINK, gateway(peer, family), mac(peer)));
              }
            });
    return objects;
  }

  private static byte[] address(Peer peer) {
    return peer.addresses().get(IpFamily.IPV4).getAddress();
  }

  private static MacAddress mac(Peer peer) {
    byte[] mac = {0x02, 0x50, 0, 0, 0, 0};
    System.arraycopy(address(peer), 0, mac, 2, 4);
    return MacAddress.of(mac);
  }

  /** The peer's node address; for IPv6 fe80:: and that, for a gateway must not lie in a block. */
  private static InetAddress gateway(Peer peer, IpFamily family) {
    if (family == IpFamily.IPV4) {
      return peer.addresses().get(IpFamily.IPV4);
    }
    byte[] linkLocal = new byte[16];
    linkLocal[0] = (byte) 0xfe;
    linkLocal[1] = (byte) 0x80;
    System.arraycopy(address(peer), 0, linkLocal, 12, 4);
    return Ip.of(linkLocal);
  }

  /** Empty when the destination cannot be reached. */
  private static Optional<Sending> sending(ModeView view, Destination destination) {
    Optional<Peer> peer = destination.owner().flatMap(view::peer);
    Cidr cidr = destination.cidr();
    IpFamily family = cidr.family();
    if (peer.isPresent() && isDirect(destination, peer.get())) {
      return Optional.ofNullable(peer.get().gateways().get(family))
          .map(g -> NextHop.via(g.address(), g.link()).withOnlink())
          .map(hop -> new Sending(Route.of(cidr, hop), Wire.DIRECT));
    }
    return peer.filter(p -> p.addresses().containsKey(IpFamily.IPV4))
        .map(p -> NextHop.via(gateway(p, family), LINK).withOnlink())
        .map(hop -> new Sending(Route.of(cidr, hop), WIRE));
  }

  private static boolean isDirect(Destination destination, Peer peer) {
    return destination.variant() == Variant.CROSS_SUBNET
        && peer.isSameSubnet(destination.cidr().family());
  }

  private static String whyNot(ModeView view, Destination destination) {
    if (destination.owner().isEmpty()) {
      return "no node has it";
    }
    String node = "node " + destination.owner().get();
    Optional<Peer> peer = view.peer(destination.owner().get());
    if (peer.isEmpty()) {
      return node + " has it, and is not known";
    }
    return isDirect(destination, peer.get())
        ? "the kernel has no route to " + node
        : node + " has no IPv4 address";
  }
}
