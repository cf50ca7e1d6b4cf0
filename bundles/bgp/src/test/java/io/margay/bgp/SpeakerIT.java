// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.IpFamily;
import io.margay.bgp.Margay.Extras;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.daemon.Announcement;
import io.margay.bgp.daemon.Await;
import io.margay.bgp.daemon.BgpDaemon;
import io.margay.bgp.daemon.Bird;
import io.margay.bgp.daemon.DaemonSettings;
import io.margay.bgp.daemon.Neighbour;
import io.margay.bgp.daemon.Neighbour.Trait;
import io.margay.bgp.daemon.TestNet;
import io.margay.bgp.policy.RoutePolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a session with BIRD when it is not as it should be, or is to be another one. */
class SpeakerIT {
  private static final int US = 1;
  private static final int BIRD = 2;
  private static final int THIRD = 3;
  private static final long OUR_AS = 4_200_000_001L;
  private static final long BIRD_AS = 65002;
  private static final long THIRD_AS = 4_200_000_003L;
  private static final InetAddress OUR_ADDRESS = TestNet.ipv4(US);
  private static final InetAddress ADDRESS = TestNet.ipv4(BIRD);
  private static final String OURS = "10.1.0.0/24";
  private static final String THEIRS = "10.2.0.0/24";

  private final Collection<BgpDaemon> started = new ArrayList<>();
  private TestNet net;

  @BeforeEach
  void prepare() throws IOException {
    net = TestNet.create(Bird.PROGRAM);
  }

  @AfterEach
  void stop() throws IOException {
    started.forEach(BgpDaemon::close);
    if (net != null) {
      net.close();
    }
  }

  @Test
  void acceptsNobodyWithAnotherPassword() {
    Margay speaker = start(new Margay(net, ours(toBird().withPassword("wrong"))));
    Bird bird = start(new Bird(net, theirs(toUs().withPassword("right"))));

    Await.until("refused", () -> net.counter("TcpExtTCPMD5Failure") > 2);

    assertFalse(speaker.isEstablished(ADDRESS));
    assertFalse(bird.isEstablished(OUR_ADDRESS));
    speaker.configure(ours(toBird().withPassword("right")), Extras.NONE);
    Await.until("up", () -> speaker.isEstablished(ADDRESS));
  }

  @Test
  void acceptsNobodyFromBehindARouter() {
    Margay speaker = start(new Margay(net, ours(toBird().with(Trait.TTL_SECURITY))));
    start(new Bird(net, theirs(toUs())));

    Await.until("refused", () -> net.counter("TcpExtTCPMinTTLDrop") > 2);

    assertFalse(speaker.isEstablished(ADDRESS));
    speaker.configure(ours(toBird()), Extras.NONE);
    Await.until("up", () -> speaker.isEstablished(ADDRESS));
  }

  @Test
  void endsASessionWithTooManyRoutes() {
    Margay speaker = new Margay(net, ours(toBird()));
    speaker.configure(
        ours(toBird()), new Extras(30, OptionalInt.of(2), RoutePolicy.ACCEPT, RoutePolicy.ACCEPT));
    start(speaker);
    Bird bird = start(new Bird(net, theirs(toUs())));
    bird.announce(Announcement.of(THEIRS), Announcement.of("10.2.1.0/24"));
    Await.until("learned", () -> speaker.learned(IpFamily.IPV4).size() == 2);

    bird.announce(
        Announcement.of(THEIRS), Announcement.of("10.2.1.0/24"), Announcement.of("10.2.2.0/24"));

    Notification sent = awaitSent(speaker);
    assertEquals("6/1", sent.code() + "/" + sent.subcode());
    assertEquals(List.of(), speaker.learned(IpFamily.IPV4));
    assertFalse(speaker.isEstablished(ADDRESS));
  }

  @Test
  void judgesRoutesAnewWithoutAReset() {
    Margay speaker = start(new Margay(net, ours(toBird())));
    Bird bird = start(new Bird(net, theirs(toUs())));
    speaker.announce(Announcement.of(OURS));
    bird.announce(Announcement.of(THEIRS), Announcement.of("10.3.0.0/24"));
    Await.until("told", () -> bird.learned(OURS).isPresent());
    Await.until("learned", () -> speaker.learned(IpFamily.IPV4).size() == 2);

    speaker.configure(
        ours(toBird()), new Extras(30, OptionalInt.empty(), without(THEIRS), without(OURS)));

    Await.until("not told", () -> bird.learned(OURS).isEmpty());
    Await.until("not learned", () -> speaker.learned(THEIRS).isEmpty());
    assertTrue(speaker.learned("10.3.0.0/24").isPresent());

    speaker.configure(ours(toBird()), Extras.NONE);

    Await.until("told again", () -> bird.learned(OURS).isPresent());
    Await.until("learned again", () -> speaker.learned(THEIRS).isPresent());
    int flaps = speaker.ask(ADDRESS, peer -> peer.session().flaps());
    assertEquals(0, flaps);
  }

  private static RoutePolicy without(String prefix) {
    return (p, attributes, source) -> p.toString().equals(prefix) ? null : attributes;
  }

  @Test
  void endsASessionWithAnotherAs() {
    Margay speaker = start(new Margay(net, ours(Neighbour.overIpv4(US, BIRD, BIRD_AS + 1))));
    Bird bird = start(new Bird(net, theirs(toUs())));

    Notification sent = awaitSent(speaker);

    assertEquals("2/2", sent.code() + "/" + sent.subcode());
    Await.until("told", () -> bird.describe(OUR_ADDRESS).contains("Bad peer AS"), () -> told(bird));
  }

  @Test
  void noticesThatAPeerIsSilent() {
    Margay speaker = new Margay(net, ours(toBird()));
    speaker.configure(
        ours(toBird()), new Extras(3, OptionalInt.empty(), RoutePolicy.ACCEPT, RoutePolicy.ACCEPT));
    start(speaker);
    Bird bird = start(new Bird(net, theirs(toUs())));
    bird.announce(Announcement.of(THEIRS));
    Await.until("learned", () -> speaker.learned(THEIRS).isPresent());

    bird.pause();

    Notification sent = awaitSent(speaker);
    assertEquals("4/0", sent.code() + "/" + sent.subcode());
    assertTrue(speaker.learned(THEIRS).isEmpty());
    bird.resume();
    Await.until("learned again", () -> speaker.learned(THEIRS).isPresent());
  }

  @Test
  void refusesStrangers() {
    Margay speaker = start(new Margay(net, ours(Neighbour.overIpv4(US, THIRD, BIRD_AS))));
    Bird bird = start(new Bird(net, theirs(toUs())));

    Await.until("refused", () -> speaker.ask(Speaker::unknownConnections) > 0);

    Await.until(
        "told", () -> bird.describe(OUR_ADDRESS).contains("Connection rejected"), () -> told(bird));
  }

  @Test
  void saysThatAPeerIsRemoved() {
    Margay speaker = start(new Margay(net, ours(toBird())));
    Bird bird = start(new Bird(net, theirs(toUs())));
    speaker.announce(Announcement.of(OURS));
    Await.until("told", () -> bird.learned(OURS).isPresent());

    speaker.configure(DaemonSettings.of(US, OUR_AS), Extras.NONE);

    Await.until(
        "told", () -> bird.describe(OUR_ADDRESS).contains("Peer de-configured"), () -> told(bird));
    assertTrue(bird.learned(OURS).isEmpty());
  }

  @Test
  void carriesLongAsNumbersOverASessionOfShortOnes() {
    long shortAs = 65001;
    DaemonSettings ours = DaemonSettings.of(US, shortAs, toBird());
    Margay speaker = new Margay(net, ours);
    RoutePolicy prepending = (p, attributes, source) -> attributes.withPrepended(OUR_AS);
    speaker.configure(ours, new Extras(30, OptionalInt.empty(), RoutePolicy.ACCEPT, prepending));
    start(speaker);
    Neighbour toUs = Neighbour.overIpv4(BIRD, US, shortAs).with(Trait.TWO_OCTET_AS);
    Bird bird = start(new Bird(net, theirs(toUs, Neighbour.overIpv4(BIRD, THIRD, THIRD_AS))));
    Neighbour thirdToBird = Neighbour.overIpv4(THIRD, BIRD, BIRD_AS);
    Bird third = start(new Bird(net, DaemonSettings.of(THIRD, THIRD_AS, thirdToBird)));

    speaker.announce(Announcement.of(OURS));
    third.announce(Announcement.of("10.3.0.0/24"));

    Await.until("told", () -> bird.learned(OURS).isPresent(), () -> told(bird));
    assertEquals(List.of(shortAs, OUR_AS), bird.learned(OURS).orElseThrow().asPath());
    Await.until("learned", () -> speaker.learned("10.3.0.0/24").isPresent());
    assertEquals(List.of(BIRD_AS, THIRD_AS), speaker.learned("10.3.0.0/24").orElseThrow().asPath());
  }

  private static DaemonSettings ours(Neighbour... neighbours) {
    return DaemonSettings.of(US, OUR_AS, neighbours);
  }

  private static DaemonSettings theirs(Neighbour... neighbours) {
    return DaemonSettings.of(BIRD, BIRD_AS, neighbours);
  }

  private static Neighbour toBird() {
    return Neighbour.overIpv4(US, BIRD, BIRD_AS);
  }

  private static Neighbour toUs() {
    return Neighbour.overIpv4(BIRD, US, OUR_AS);
  }

  private static String told(Bird bird) {
    return bird.describe(OUR_ADDRESS);
  }

  private static Notification awaitSent(Margay speaker) {
    Await.until("ended", () -> sent(speaker).isPresent(), () -> speaker.describe(ADDRESS));
    return sent(speaker).orElseThrow();
  }

  private static Optional<Notification> sent(Margay speaker) {
    return speaker.ask(ADDRESS, peer -> peer.session().lastSent());
  }

  private <T extends BgpDaemon> T start(T daemon) {
    started.add(daemon);
    daemon.start();
    return daemon;
  }
}
