// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.bgp.daemon.Announcement;
import io.margay.bgp.daemon.Await;
import io.margay.bgp.daemon.BgpDaemon;
import io.margay.bgp.daemon.Bird;
import io.margay.bgp.daemon.DaemonSettings;
import io.margay.bgp.daemon.Frr;
import io.margay.bgp.daemon.Gobgp;
import io.margay.bgp.daemon.Neighbour;
import io.margay.bgp.daemon.Neighbour.Trait;
import io.margay.bgp.daemon.SeenRoute;
import io.margay.bgp.daemon.TestNet;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The daemons among themselves: what the other tests say of them is what they do. */
class DaemonsIT {
  private static final long AS_1 = 65001;
  private static final long AS_2 = 65002;
  private static final String[] COMMUNITIES = {"65001:7", "65001:8:9", "rt:65001:4"};

  private TestNet net;
  private BgpDaemon first;
  private BgpDaemon second;

  @AfterEach
  void stop() throws IOException {
    for (BgpDaemon daemon : new BgpDaemon[] {first, second}) {
      if (daemon != null) {
        daemon.close();
      }
    }
    if (net != null) {
      net.close();
    }
  }

  @Test
  void birdAndGobgpExchangeRoutes() throws IOException {
    net = TestNet.create(Bird.PROGRAM, Gobgp.PROGRAM);
    first = new Bird(net, guarded(1, AS_1, 2, AS_2));
    second = new Gobgp(net, guarded(2, AS_2, 1, AS_1));

    exchange();
    restart(second, first, "10.2.0.0/24");
    restart(first, second, "10.1.0.0/24");
  }

  @Test
  void birdAndFrrExchangeRoutes() throws IOException {
    net = TestNet.create(Bird.PROGRAM, Frr.PROGRAM);
    first = new Bird(net, guarded(1, AS_1, 2, AS_2));
    second = new Frr(net, guarded(2, AS_2, 1, AS_1));

    exchange();
    restart(second, first, "10.2.0.0/24");
    restart(first, second, "10.1.0.0/24");
  }

  @Test
  void birdAndGobgpReflect() throws IOException {
    net = TestNet.create(Bird.PROGRAM, Gobgp.PROGRAM);
    reflect(new Gobgp(net, reflector()));
  }

  @Test
  void frrReflects() throws IOException {
    net = TestNet.create(Bird.PROGRAM, Frr.PROGRAM);
    reflect(new Frr(net, reflector()));
  }

  @Test
  void carryIpv4OverIpv6() throws IOException {
    net = TestNet.create(Bird.PROGRAM, Frr.PROGRAM);
    first = new Bird(net, extended(1, 2));
    second = new Frr(net, extended(2, 1));
    List.of(first, second).forEach(BgpDaemon::start);

    first.announce(Announcement.of("10.1.0.0/24"));
    second.announce(Announcement.of("10.2.0.0/24"));

    assertEquals(TestNet.ipv6(1), learned(second, "10.1.0.0/24").nextHop());
    assertEquals(TestNet.ipv6(2), learned(first, "10.2.0.0/24").nextHop());
  }

  private static DaemonSettings guarded(int number, long as, int other, long otherAs) {
    Neighbour neighbour = Neighbour.of(number, other, otherAs);
    return DaemonSettings.of(
        number, as, neighbour.withPassword("not-told").with(Trait.TTL_SECURITY));
  }

  private static DaemonSettings extended(int number, int other) {
    Neighbour neighbour = Neighbour.overIpv6(number, other, AS_1);
    return DaemonSettings.of(number, AS_1, neighbour.with(Trait.EXTENDED_NEXT_HOP));
  }

  private static DaemonSettings reflector() {
    Neighbour client = Neighbour.of(2, 1, AS_1).with(Trait.REFLECTOR_CLIENT);
    Neighbour other = Neighbour.of(2, 3, AS_1).with(Trait.REFLECTOR_CLIENT);
    return DaemonSettings.of(2, AS_1, client, other);
  }

  private void exchange() {
    List.of(first, second).forEach(BgpDaemon::start);
    first.announce(ipv4(1), ipv6(1));
    second.announce(ipv4(2), ipv6(2));

    check(learned(second, "10.1.0.0/24"), 1, AS_1);
    check(learned(first, "10.2.0.0/24"), 2, AS_2);
    assertEquals(TestNet.ipv6(1), learned(second, "2001:db8:1::/48").nextHop());
    assertEquals(TestNet.ipv6(2), learned(first, "2001:db8:2::/48").nextHop());
    assertTrue(first.isEstablished(TestNet.ipv4(2)), first.describe(TestNet.ipv4(2)));
    assertTrue(second.isEstablished(TestNet.ipv4(1)), second.describe(TestNet.ipv4(1)));

    second.announce(ipv6(2));
    Await.until("withdrawn", () -> first.learned("10.2.0.0/24").isEmpty());
    second.announce(ipv4(2), ipv6(2));
    learned(first, "10.2.0.0/24");
  }

  private static Announcement ipv4(int number) {
    return Announcement.of("10." + number + ".0.0/24", COMMUNITIES).withMed(5);
  }

  private static Announcement ipv6(int number) {
    return Announcement.of("2001:db8:" + number + "::/48");
  }

  private static void check(SeenRoute route, int number, long as) {
    assertEquals(TestNet.ipv4(number), route.nextHop());
    assertEquals(List.of(as), route.asPath());
    assertEquals(Set.of(COMMUNITIES), route.communities());
    assertEquals(OptionalLong.of(5), route.med());
    assertFalse(route.isStale());
  }

  private void restart(BgpDaemon gone, BgpDaemon staying, String prefix) {
    gone.kill();
    Await.until("kept", () -> staying.learned(prefix).map(SeenRoute::isStale).orElse(false));

    gone.restart();

    Await.until("back", () -> !staying.learned(prefix).orElseThrow().isStale());
  }

  private void reflect(BgpDaemon reflector) {
    first = new Bird(net, DaemonSettings.of(1, AS_1, Neighbour.of(1, 2, AS_1)));
    second = reflector;
    try (BgpDaemon third = new Bird(net, DaemonSettings.of(3, AS_1, Neighbour.of(3, 2, AS_1)))) {
      List.of(first, second, third).forEach(BgpDaemon::start);
      first.announce(ipv4(1), ipv6(1));

      SeenRoute route = learned(third, "10.1.0.0/24");

      assertEquals(TestNet.ipv4(1), route.nextHop());
      assertEquals(OptionalLong.of(100), route.localPref());
      assertEquals("192.0.2.1", route.originatorId());
      assertEquals(List.of("192.0.2.2"), route.clusterList());
      assertEquals(TestNet.ipv6(1), learned(third, "2001:db8:1::/48").nextHop());
    }
  }

  private static SeenRoute learned(BgpDaemon daemon, String prefix) {
    Await.until(prefix, () -> daemon.learned(prefix).isPresent());
    return daemon.learned(prefix).orElseThrow();
  }
}
