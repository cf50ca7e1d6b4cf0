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
import io.margay.bgp.daemon.Neighbour;
import io.margay.bgp.daemon.Neighbour.Trait;
import io.margay.bgp.daemon.SeenRoute;
import io.margay.bgp.daemon.TestNet;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What two speakers, near and far, do with each other whoever wrote them. Where a third one is
 * needed, it is BIRD.
 */
abstract class InteropContract {
  private static final int NEAR = 1;
  private static final int FAR = 2;
  private static final int THIRD = 3;
  private static final long OUR_AS = 65001;
  private static final long OTHER_AS = 4_200_000_002L;
  private static final InetAddress NEAR_ADDRESS = TestNet.ipv4(NEAR);
  private static final InetAddress FAR_ADDRESS = TestNet.ipv4(FAR);
  private static final String NEAR_IPV4 = "10.1.0.0/24";
  private static final String NEAR_IPV6 = "2001:db8:1::/48";
  private static final String FAR_IPV4 = "10.2.0.0/24";
  private static final String FAR_IPV6 = "2001:db8:2::/48";
  private static final String[] COMMUNITIES = {"65001:7", "65001:8", "65001:8:9"};

  private final Collection<BgpDaemon> started = new ArrayList<>();
  private TestNet net;

  /** What has to be installed. */
  abstract Path[] programs();

  abstract BgpDaemon near(TestNet place, DaemonSettings settings);

  abstract BgpDaemon far(TestNet place, DaemonSettings settings);

  @BeforeEach
  void prepare() throws IOException {
    net = TestNet.create(programs());
  }

  @AfterEach
  void stop() throws IOException {
    started.forEach(BgpDaemon::close);
    if (net != null) {
      net.close();
    }
  }

  @Test
  void exchangesRoutesWithAnotherAs() {
    BgpDaemon near = start(near(net, guarded(NEAR, OUR_AS, FAR, OTHER_AS)));
    BgpDaemon far = start(far(net, guarded(FAR, OTHER_AS, NEAR, OUR_AS)));

    near.announce(Announcement.of(NEAR_IPV4, COMMUNITIES), Announcement.of(NEAR_IPV6));
    far.announce(
        Announcement.of(FAR_IPV4, COMMUNITIES).withMed(5), Announcement.of(FAR_IPV6, "65001:7"));

    SeenRoute ofNear = learned(far, NEAR_IPV4);
    SeenRoute ofFar = learned(near, FAR_IPV4);
    assertEquals(List.of(OUR_AS), ofNear.asPath());
    assertEquals(List.of(OTHER_AS), ofFar.asPath());
    assertEquals(NEAR_ADDRESS, ofNear.nextHop());
    assertEquals(FAR_ADDRESS, ofFar.nextHop());
    assertEquals(Set.of(COMMUNITIES), ofNear.communities());
    assertEquals(Set.of(COMMUNITIES), ofFar.communities());
    assertEquals(OptionalLong.of(5), ofFar.med());
    assertEquals(TestNet.ipv6(NEAR), learned(far, NEAR_IPV6).nextHop());
    assertEquals(TestNet.ipv6(FAR), learned(near, FAR_IPV6).nextHop());
    assertEquals(Set.of("65001:7"), learned(near, FAR_IPV6).communities());
    assertTrue(near.isEstablished(FAR_ADDRESS), () -> near.describe(FAR_ADDRESS));
    assertTrue(far.isEstablished(NEAR_ADDRESS), () -> far.describe(NEAR_ADDRESS));

    near.announce(Announcement.of(NEAR_IPV6));
    far.announce(Announcement.of(FAR_IPV6));
    Await.until("withdrawn", () -> far.learned(NEAR_IPV4).isEmpty());
    Await.until("withdrawn", () -> near.learned(FAR_IPV4).isEmpty());
    Await.until("changed", () -> learned(near, FAR_IPV6).communities().isEmpty());
  }

  @Test
  void exchangesRoutesWithinAnAs() {
    BgpDaemon near = start(near(net, sessions(NEAR, FAR)));
    BgpDaemon far = start(far(net, sessions(FAR, NEAR)));

    near.announce(Announcement.of(NEAR_IPV4), Announcement.of(NEAR_IPV6));
    far.announce(Announcement.of(FAR_IPV4, "rt:65001:4"), Announcement.of(FAR_IPV6));

    SeenRoute ofFar = learned(near, FAR_IPV4);
    SeenRoute ofNear = learned(far, NEAR_IPV4);
    assertEquals(List.of(), ofFar.asPath());
    assertEquals(OptionalLong.of(100), ofFar.localPref());
    assertEquals(Set.of("rt:65001:4"), ofFar.communities());
    assertEquals(List.of(), ofNear.asPath());
    assertEquals(OptionalLong.of(100), ofNear.localPref());
    assertEquals(NEAR_ADDRESS, ofNear.nextHop());
    assertEquals(TestNet.ipv6(FAR), learned(near, FAR_IPV6).nextHop());
    assertEquals(TestNet.ipv6(NEAR), learned(far, NEAR_IPV6).nextHop());
  }

  @Test
  void waitsForItsNeighbour() {
    DaemonSettings passive = sessions(NEAR, FAR, Trait.PASSIVE);
    BgpDaemon near = start(near(net, passive));
    BgpDaemon far = start(far(net, sessions(FAR, NEAR)));

    near.announce(Announcement.of(NEAR_IPV4));

    learned(far, NEAR_IPV4);
  }

  @Test
  void connectsToANeighbourThatWaits() {
    DaemonSettings passive = sessions(FAR, NEAR, Trait.PASSIVE);
    BgpDaemon near = start(near(net, sessions(NEAR, FAR)));
    BgpDaemon far = start(far(net, passive));

    near.announce(Announcement.of(NEAR_IPV4));

    learned(far, NEAR_IPV4);
  }

  @Test
  void carriesIpv4OverIpv6() {
    Neighbour far = Neighbour.overIpv6(NEAR, FAR, OUR_AS).withBothFamilies();
    Neighbour near = Neighbour.overIpv6(FAR, NEAR, OUR_AS).withBothFamilies();
    carryBoth(far.with(Trait.EXTENDED_NEXT_HOP), near.with(Trait.EXTENDED_NEXT_HOP), true);
  }

  @Test
  void carriesIpv6OverIpv4() {
    Neighbour far = Neighbour.overIpv4(NEAR, FAR, OUR_AS).withBothFamilies();
    Neighbour near = Neighbour.overIpv4(FAR, NEAR, OUR_AS).withBothFamilies();
    carryBoth(far, near, false);
  }

  private void carryBoth(Neighbour toFar, Neighbour toNear, boolean isOverIpv6) {
    BgpDaemon near = near(net, DaemonSettings.of(NEAR, OUR_AS, toFar));
    BgpDaemon far = far(net, DaemonSettings.of(FAR, OUR_AS, toNear));
    Assumptions.assumeTrue(
        isOverIpv6 || near.hasIpv6OverIpv4() && far.hasIpv6OverIpv4(), "needs an address");
    start(near);
    start(far);

    near.announce(Announcement.of(NEAR_IPV4), Announcement.of(NEAR_IPV6));
    far.announce(Announcement.of(FAR_IPV4), Announcement.of(FAR_IPV6));

    InetAddress nextHopNear = isOverIpv6 ? TestNet.ipv6(NEAR) : NEAR_ADDRESS;
    InetAddress nextHopFar = isOverIpv6 ? TestNet.ipv6(FAR) : FAR_ADDRESS;
    assertEquals(nextHopNear, learned(far, NEAR_IPV4).nextHop());
    assertEquals(nextHopFar, learned(near, FAR_IPV4).nextHop());
    assertEquals(TestNet.ipv6(NEAR), learned(far, NEAR_IPV6).nextHop());
    assertEquals(TestNet.ipv6(FAR), learned(near, FAR_IPV6).nextHop());
  }

  @Test
  void isAClientOfAReflector() {
    BgpDaemon near = start(near(net, sessions(NEAR, FAR)));
    start(far(net, reflector(FAR, NEAR)));
    BgpDaemon third = start(new Bird(net, sessions(THIRD, FAR)));

    near.announce(Announcement.of(NEAR_IPV4), Announcement.of(NEAR_IPV6));
    third.announce(Announcement.of("10.3.0.0/24", "65001:7", "rt:65001:4"));

    checkReflected(learned(third, NEAR_IPV4), NEAR, FAR);
    assertEquals(TestNet.ipv6(NEAR), learned(third, NEAR_IPV6).nextHop());
    SeenRoute ofThird = learned(near, "10.3.0.0/24");
    checkReflected(ofThird, THIRD, FAR);
    assertEquals(Set.of("65001:7", "rt:65001:4"), ofThird.communities());
  }

  @Test
  void reflects() {
    start(near(net, reflector(NEAR, FAR)));
    BgpDaemon far = start(far(net, sessions(FAR, NEAR)));
    BgpDaemon third = start(new Bird(net, sessions(THIRD, NEAR)));

    far.announce(
        Announcement.of(FAR_IPV4, "65001:7", "65001:8:9", "rt:65001:4"), Announcement.of(FAR_IPV6));
    third.announce(Announcement.of("10.3.0.0/24", "65001:7", "65001:8:9", "rt:65001:4"));

    SeenRoute ofFar = learned(third, FAR_IPV4);
    SeenRoute ofThird = learned(far, "10.3.0.0/24");
    checkReflected(ofFar, FAR, NEAR);
    checkReflected(ofThird, THIRD, NEAR);
    assertEquals(Set.of("65001:7", "65001:8:9", "rt:65001:4"), ofFar.communities());
    assertEquals(Set.of("65001:7", "65001:8:9", "rt:65001:4"), ofThird.communities());
    assertEquals(TestNet.ipv6(FAR), learned(third, FAR_IPV6).nextHop());
  }

  private static void checkReflected(SeenRoute route, int origin, int reflector) {
    assertEquals(TestNet.ipv4(origin), route.nextHop());
    assertEquals(OptionalLong.of(100), route.localPref());
    assertEquals("192.0.2." + origin, route.originatorId());
    assertEquals(List.of("192.0.2." + reflector), route.clusterList());
  }

  @Test
  void sendsAndTakesLongMessages() {
    BgpDaemon near = near(net, sessions(NEAR, FAR));
    BgpDaemon far = far(net, sessions(FAR, NEAR));
    Assumptions.assumeTrue(
        near.hasExtendedMessages() && far.hasExtendedMessages(), "no messages of such length");
    start(near);
    start(far);
    String[] many = IntStream.range(0, 1000).mapToObj(i -> "65001:8:" + i).toArray(String[]::new);

    near.announce(Announcement.of(NEAR_IPV4, many));
    far.announce(Announcement.of(FAR_IPV4, many));

    assertEquals(Set.of(many), learned(near, FAR_IPV4).communities());
    assertEquals(Set.of(many), learned(far, NEAR_IPV4).communities());
  }

  @Test
  void asksForRoutesAgain() {
    refresh(near(net, sessions(NEAR, FAR)), far(net, sessions(FAR, NEAR)), FAR_ADDRESS, FAR_IPV4);
  }

  @Test
  void sendsRoutesAgain() {
    refresh(far(net, sessions(FAR, NEAR)), near(net, sessions(NEAR, FAR)), NEAR_ADDRESS, NEAR_IPV4);
  }

  private void refresh(BgpDaemon asking, BgpDaemon asked, InetAddress address, String prefix) {
    Assumptions.assumeTrue(asking.hasRefresh(), "never asks");
    start(asking);
    start(asked);
    asked.announce(Announcement.of(prefix));
    learned(asking, prefix);
    long before = asking.updatesReceived(address);

    asking.refresh(address);

    Await.until("sent again", () -> asking.updatesReceived(address) > before);
    assertTrue(asking.learned(prefix).isPresent());
  }

  @Test
  void keepsRoutesOfANeighbourThatRestarts() {
    BgpDaemon near = start(near(net, sessions(NEAR, FAR)));
    BgpDaemon far = start(far(net, sessions(FAR, NEAR)));
    restart(far, FAR_IPV4, FAR_IPV6, near);
  }

  @Test
  void restartsWithoutLosingItsRoutes() {
    BgpDaemon near = start(near(net, sessions(NEAR, FAR)));
    BgpDaemon far = start(far(net, sessions(FAR, NEAR)));
    restart(near, NEAR_IPV4, NEAR_IPV6, far);
  }

  /** One prefix is still there after the restart, the other is not. */
  private static void restart(BgpDaemon gone, String prefix, String old, BgpDaemon staying) {
    gone.announce(Announcement.of(prefix), Announcement.of(old));
    learned(staying, prefix);
    learned(staying, old);

    gone.kill();

    Await.until("kept", () -> learned(staying, prefix).isStale());
    assertTrue(staying.learned(old).isPresent());
    gone.announce(Announcement.of(prefix));
    gone.restart();
    Await.until("back", () -> !staying.learned(prefix).orElseThrow().isStale());
    Await.until("swept", () -> staying.learned(old).isEmpty());
    assertFalse(staying.learned(prefix).orElseThrow().isStale());
  }

  @Test
  void givesUpOnANeighbourThatStaysAway() {
    BgpDaemon near = start(near(net, sessions(NEAR, FAR)));
    BgpDaemon far = start(far(net, sessions(FAR, NEAR).withRestartSeconds(2)));
    far.announce(Announcement.of(FAR_IPV4));
    learned(near, FAR_IPV4);

    far.kill();

    Await.until("dropped", () -> near.learned(FAR_IPV4).isEmpty());
  }

  private BgpDaemon start(BgpDaemon daemon) {
    started.add(daemon);
    daemon.start();
    return daemon;
  }

  /** A session for each family, with everything that protects it. */
  private static DaemonSettings guarded(int number, long as, int other, long otherAs) {
    return DaemonSettings.of(
        number,
        as,
        Neighbour.overIpv4(number, other, otherAs)
            .withPassword("not-told")
            .with(Trait.TTL_SECURITY),
        Neighbour.overIpv6(number, other, otherAs)
            .withPassword("not-told-6")
            .with(Trait.TTL_SECURITY));
  }

  private static DaemonSettings sessions(int number, int other, Trait... traits) {
    return DaemonSettings.of(
        number,
        OUR_AS,
        Neighbour.overIpv4(number, other, OUR_AS).with(traits),
        Neighbour.overIpv6(number, other, OUR_AS).with(traits));
  }

  private static DaemonSettings reflector(int number, int client) {
    List<Neighbour> clients = new ArrayList<>();
    for (int other : new int[] {client, THIRD}) {
      clients.addAll(sessions(number, other, Trait.REFLECTOR_CLIENT).neighbours());
    }
    return DaemonSettings.of(number, OUR_AS, clients.toArray(Neighbour[]::new));
  }

  private static SeenRoute learned(BgpDaemon daemon, String prefix) {
    Await.until(prefix, () -> daemon.learned(prefix).isPresent());
    return daemon.learned(prefix).orElseThrow();
  }
}
