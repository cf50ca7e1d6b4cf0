// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What every {@link RoutingMode} does, on a view of a dozen nodes in two subnets. */
public abstract class RoutingModeContract {
  private static final int PEERS = 12;
  private static final int SHUFFLES = 20;

  /** The mode under test. */
  protected abstract RoutingMode mode();

  @Test
  final void saysWhatItIs() {
    Info info = mode().info();

    assertFalse(info.families().isEmpty(), "families");
    for (IpFamily family : info.families()) {
      int overhead = info.overheadBytes(family);
      assertTrue(overhead >= 0 && overhead <= 500, "overhead of " + family + ": " + overhead);
    }
    assertTrue(info.families().containsAll(info.tunnelAddresses()), "tunnel addresses");
  }

  @Test
  final void plansTheSameTwice() {
    FakeView view = view();

    assertEquals(mode().plan(view), mode().plan(view));
    assertEquals(mode().advertise(view.self()), mode().advertise(view.self()));
  }

  @Test
  final void plansTheSameForAnyOrder() {
    FakeView view = view();
    Plan plan = mode().plan(view);

    for (int seed = 0; seed < SHUFFLES; seed++) {
      Plan shuffled = mode().plan(view.shuffled(new Random(seed)));
      assertEquals(plan.toString(), shuffled.toString(), "seed " + seed);
      assertEquals(plan, shuffled, "seed " + seed);
    }
  }

  @Test
  final void sendsToEachDestinationOrSaysWhyNot() {
    FakeView view = view();

    assertAnswered(view, mode().plan(view));
  }

  @Test
  final void sendsOrSaysWhyNotBeforeItHasATunnelAddress() {
    FakeView view = view();
    LocalNode young =
        new LocalNode(
            view.self().name(),
            view.self().addresses(),
            view.self().prefixLengths(),
            view.self().uplinks(),
            view.self().uplinkMtuBytes(),
            Map.of());
    FakeView early = on(young, view);

    assertAnswered(early, mode().plan(early));
  }

  @Test
  final void sendsOrSaysWhyNotToAPeerThatHasAdvertisedNothing() {
    FakeView view = view().withPeer("young", "198.51.100.97", "2001:db8:1::97");
    for (IpFamily family : mode().info().families()) {
      view = view.withDestination(destination(Cidr.containing(pods(family, 97), 30), "young"));
    }

    Plan plan = mode().plan(view);

    assertAnswered(view, plan);
    plan.unreachable().forEach((cidr, why) -> assertTrue(why.contains("young"), cidr + ": " + why));
  }

  @Test
  final void sendsOrSaysWhyNotWhenItHasNoAddresses() {
    FakeView view = view();
    LocalNode bare =
        new LocalNode(view.self().name(), Map.of(), Map.of(), Map.of(), 1500, Map.of());
    FakeView lost = on(bare, view);

    assertAnswered(lost, mode().plan(lost));
    mode().advertise(bare);
  }

  @Test
  final void reachesEveryPeerThatHasWhatItNeeds() {
    Plan plan = mode().plan(view());

    Set<IpFamily> reached = new HashSet<>();
    plan.sendings().keySet().forEach(cidr -> reached.add(cidr.family()));
    assertEquals(mode().info().families(), reached);
    assertEquals(
        mode().info().families().size() * PEERS,
        plan.sendings().keySet().stream().filter(c -> !c.isHost()).count(),
        plan.toString());
  }

  @Test
  final void namesTheNodeThatIsUnknown() {
    FakeView view = view();
    for (IpFamily family : mode().info().families()) {
      view = view.withDestination(destination(Cidr.containing(pods(family, 99), 30), "ghost"));
    }

    Plan plan = mode().plan(view);

    assertEquals(mode().info().families().size(), plan.unreachable().size(), plan.toString());
    plan.unreachable().forEach((cidr, why) -> assertTrue(why.contains("ghost"), cidr + ": " + why));
  }

  @Test
  final void namesThePeerWithoutAddresses() {
    FakeView view =
        view().withPeer(new Peer("bare", Map.of(), Map.of(), Map.of(), Map.of(), Map.of()));
    for (IpFamily family : mode().info().families()) {
      view = view.withDestination(destination(Cidr.containing(pods(family, 98), 30), "bare"));
    }

    Plan plan = mode().plan(view);

    plan.unreachable().forEach((cidr, why) -> assertTrue(why.contains("bare"), cidr + ": " + why));
    assertEquals(mode().info().families().size(), plan.unreachable().size(), plan.toString());
  }

  @Test
  final void leavesOtherDestinationsAloneWhenAPeerGoes() {
    FakeView view = view();
    Plan before = mode().plan(view);
    List<Peer> fewer = new ArrayList<>(view.peers());
    Peer gone = fewer.remove(0);

    Plan after =
        mode()
            .plan(
                new FakeView(
                    view.self(),
                    view.kernel(),
                    view.settings(),
                    fewer,
                    view.destinations(),
                    view.receiving()));

    for (Destination destination : view.destinations()) {
      if (!destination.owner().equals(Optional.of(gone.name()))) {
        Cidr cidr = destination.cidr();
        assertEquals(before.sendings().get(cidr), after.sendings().get(cidr));
      }
    }
  }

  @Test
  final void givesEachObjectItsOwnKey() {
    Plan plan = mode().plan(view());

    List<KernelObject> all = new ArrayList<>(plan.standing());
    plan.sendings().values().forEach(s -> all.add(s.route()));
    Set<Object> keys = new HashSet<>();
    for (KernelObject object : all) {
      assertTrue(keys.add(List.of(object.kind(), object.key())), "twice: " + object);
    }
  }

  @Test
  final void routesAreReplaceableByThoseOfAnyMode() {
    for (Map.Entry<Cidr, Sending> entry : mode().plan(view()).sendings().entrySet()) {
      Route route = entry.getValue().route();
      assertEquals(Route.blackhole(entry.getKey()).key(), route.key(), route.toString());
      assertEquals(Route.Type.UNICAST, route.type(), route.toString());
      // IPv6 looks a gateway up before it takes a route, and would find it by the route to replace.
      if (entry.getKey().family() == IpFamily.IPV6) {
        route.nextHops().stream()
            .flatMap(hop -> hop.gateway().stream())
            .forEach(gateway -> assertFalse(entry.getKey().contains(gateway), route.toString()));
      }
    }
  }

  @Test
  final void crossSubnetSendsDirectlyWithinTheSubnet() {
    FakeView view = view();
    Plan plan = mode().plan(view);

    for (Destination destination : view.destinations()) {
      Sending sending = plan.sendings().get(destination.cidr());
      Peer peer = view.peer(destination.owner().orElseThrow()).orElseThrow();
      boolean isDirect =
          destination.variant() == Variant.CROSS_SUBNET
              && peer.isSameSubnet(destination.cidr().family());
      if (sending != null && isDirect) {
        assertEquals(Wire.DIRECT, sending.wire(), destination.toString());
        assertEquals(
            List.of(peer.addresses().get(destination.cidr().family())),
            sending.route().nextHops().stream().map(h -> h.gateway().orElseThrow()).toList());
      }
    }
  }

  @Test
  final void oneWireServesAllPeersOfOneKind() {
    Set<Wire> wires = new HashSet<>();

    mode().plan(view()).sendings().values().forEach(s -> wires.add(s.wire()));

    wires.remove(Wire.DIRECT);
    assertTrue(wires.size() <= mode().info().families().size(), wires.toString());
    wires.forEach(wire -> assertEquals(mode().info().name(), wire.mode()));
  }

  @Test
  final void receivesWhatItSendsItself() {
    Plan plan = mode().plan(view());

    for (Sending sending : plan.sendings().values()) {
      boolean isOwn = sending.wire().mode().equals(mode().info().name());
      assertTrue(!isOwn || plan.receives().contains(sending.wire()), sending.toString());
    }
    plan.receives().forEach(wire -> assertEquals(mode().info().name(), wire.mode()));
  }

  @Test
  final void packetsFitTheUplink() {
    for (int mtu : new int[] {1500, 9000}) {
      Plan plan = mode().plan(view().withUplinkMtuBytes(mtu));
      int least = mtu;
      int most = mtu;
      for (IpFamily family : mode().info().families()) {
        least = Math.min(least, mtu - mode().info().overheadBytes(family));
      }
      for (KernelObject object : plan.standing()) {
        if (object instanceof Link link && link.mtuBytes().isPresent()) {
          int bytes = link.mtuBytes().getAsInt();
          assertTrue(bytes >= least && bytes <= most, link + " on an uplink of " + mtu);
        }
      }
      for (Sending sending : plan.sendings().values()) {
        int bytes = sending.route().mtuBytes().orElse(least);
        IpFamily family = sending.route().destination().family();
        int overhead = sending.wire().equals(Wire.DIRECT) ? 0 : mode().info().overheadBytes(family);
        assertTrue(bytes <= mtu - overhead, sending.route() + " on an uplink of " + mtu);
      }
    }
  }

  @Test
  final void aloneItSendsNothing() {
    Plan plan = mode().plan(FakeView.of("192.0.2.1/24", "2001:db8::1/64"));

    assertEquals(Map.of(), plan.sendings());
    assertEquals(Map.of(), plan.unreachable());
  }

  /**
   * Node1 and twelve peers, every third behind a router, with a block per family each; the odd ones
   * in a CrossSubnet pool; and an address borrowed by each fourth.
   */
  protected final FakeView view() {
    FakeView view = FakeView.of("192.0.2.1/24", "2001:db8::1/64");
    for (IpFamily family : mode().info().tunnelAddresses()) {
      view = view.withTunnelAddress(tunnelKey(family), Ip.text(pods(family, 0)));
    }
    for (int i = 1; i <= PEERS; i++) {
      view = view.withPeer(peer(view, i));
      for (IpFamily family : mode().info().families()) {
        int length = family == IpFamily.IPV4 ? 26 : 122;
        Variant variant = i % 2 == 1 ? Variant.CROSS_SUBNET : Variant.ALWAYS;
        Cidr block = Cidr.containing(pods(family, i), length);
        view =
            view.withDestination(
                new Destination(block, "pool", variant, Optional.of("peer" + i), List.of()));
        if (i % 4 == 0) {
          Cidr borrowed = Cidr.host(Ip.plus(pods(family, 0), i));
          view =
              view.withDestination(
                  new Destination(borrowed, "pool", variant, Optional.of("peer" + i), List.of()));
        }
      }
    }
    return view;
  }

  private Peer peer(FakeView view, int i) {
    boolean isNear = i % 3 != 0;
    String v4 = (isNear ? "192.0.2." : "198.51.100.") + (i + 1);
    String v6 = (isNear ? "2001:db8::" : "2001:db8:1::") + (i + 1);
    Peer plain = view.withPeer("peer" + i, v4, v6).peers().get(view.peers().size());
    Map<IpFamily, InetAddress> addresses = new EnumMap<>(plain.addresses());
    Map<String, InetAddress> tunnels = new HashMap<>();
    Map<String, InetAddress> tunnelsByMode = new HashMap<>();
    for (IpFamily family : mode().info().tunnelAddresses()) {
      tunnels.put(tunnelKey(family), pods(family, i));
      tunnelsByMode.put(tunnelKey(family), pods(family, i));
    }
    LocalNode there =
        new LocalNode(
            "peer" + i,
            addresses,
            view.self().prefixLengths(),
            view.self().uplinks(),
            view.self().uplinkMtuBytes(),
            tunnelsByMode);
    return new Peer(
        plain.name(),
        plain.addresses(),
        plain.sameSubnet(),
        plain.gateways(),
        tunnels,
        mode().advertise(there));
  }

  private String tunnelKey(IpFamily family) {
    return mode().info().name() + "/" + family;
  }

  /** That each destination of a view has a route or a reason, and not both. */
  private static void assertAnswered(FakeView view, Plan plan) {
    Set<Cidr> wanted = new TreeSet<>();
    view.destinations().forEach(d -> wanted.add(d.cidr()));
    Set<Cidr> answered = new TreeSet<>(plan.sendings().keySet());
    for (Map.Entry<Cidr, String> entry : plan.unreachable().entrySet()) {
      assertTrue(answered.add(entry.getKey()), entry.getKey() + " is both sent to and unreachable");
      assertFalse(entry.getValue().isBlank(), entry.getKey() + ": no reason");
    }
    assertEquals(wanted, answered);
  }

  /** What another node would see with the same peers. */
  private static FakeView on(LocalNode self, FakeView view) {
    return new FakeView(
        self, view.kernel(), view.settings(), view.peers(), view.destinations(), view.receiving());
  }

  private static Destination destination(Cidr cidr, String owner) {
    return new Destination(cidr, "pool", Variant.ALWAYS, Optional.of(owner), List.of());
  }

  /** The first address of a peer's block. */
  private static InetAddress pods(IpFamily family, int peer) {
    return family == IpFamily.IPV4
        ? Ip.plus(Ip.parse("10.65.0.0"), 64L * peer)
        : Ip.plus(Ip.parse("fd00:65::"), 64L * peer);
  }

  /** A next hop on the link of the view's node. */
  protected static NextHop via(String address) {
    return NextHop.via(Ip.parse(address), "eth0");
  }
}
