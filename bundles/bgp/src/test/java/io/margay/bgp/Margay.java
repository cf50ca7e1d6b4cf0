// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpPeer.NextHopMode;
import io.margay.bgp.codec.Communities;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.daemon.Announcement;
import io.margay.bgp.daemon.BgpDaemon;
import io.margay.bgp.daemon.DaemonSettings;
import io.margay.bgp.daemon.Neighbour;
import io.margay.bgp.daemon.Neighbour.Trait;
import io.margay.bgp.daemon.SeenRoute;
import io.margay.bgp.daemon.TestNet;
import io.margay.bgp.policy.PeerSettings;
import io.margay.bgp.policy.RoutePolicy;
import io.margay.bgp.policy.SpeakerSettings;
import io.margay.bgp.rib.RouteView;
import io.margay.bgp.session.State;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.Netns;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/** Our speaker in the place of a daemon, in this process. It originates no extended communities. */
final class Margay implements BgpDaemon {
  private static final int PORT = 179;
  private static final int MAX_ROUTES = 1_000_000;
  private static final int DEFERRAL_SECONDS = 60;

  /** What of a peer only our speaker is asked to follow; the same for all of them. */
  record Extras(
      int holdSeconds,
      OptionalInt maxPrefixes,
      RoutePolicy importPolicy,
      RoutePolicy exportPolicy) {
    static final Extras NONE =
        new Extras(30, OptionalInt.empty(), RoutePolicy.ACCEPT, RoutePolicy.ACCEPT);
  }

  private final TestNet net;
  private DaemonSettings settings;
  private Extras extras = Extras.NONE;
  private List<Announcement> announced = List.of();
  private Optional<Speaker> speaker = Optional.empty();

  Margay(TestNet net, DaemonSettings settings) {
    this.net = net;
    this.settings = settings;
    net.add(settings.number());
  }

  @Override
  public void start() {
    // The speaker's thread is in the namespace of the thread that gives it its first task.
    try (Netns netns = Netns.open(net.path())) {
      speaker = Optional.of(netns.call(this::started));
    } catch (NetlinkException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private Speaker started() {
    Speaker.Options options = new Speaker.Options(MAX_ROUTES, DEFERRAL_SECONDS, true);
    Speaker started = new Speaker(options, (routes, isSynced) -> {}, () -> {});
    started.configure(speakerSettings());
    return started;
  }

  @Override
  public void kill() {
    speaker.ifPresent(Speaker::close);
    speaker = Optional.empty();
  }

  @Override
  public void restart() {
    start();
  }

  @Override
  public void announce(Announcement... routes) {
    announced = List.of(routes);
    speaker.ifPresent(s -> s.configure(speakerSettings()));
  }

  /** Follows other settings while it runs, as an agent does. */
  void configure(DaemonSettings changed, Extras others) {
    settings = changed;
    extras = others;
    speaker.ifPresent(s -> s.configure(speakerSettings()));
  }

  <T> T ask(Function<Speaker, T> question) {
    try {
      return speaker.orElseThrow().ask(question);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Something of a peer. */
  <T> T ask(InetAddress address, Function<Peer, T> question) {
    return ask(
        s ->
            s.peers().stream()
                .filter(peer -> peer.settings().address().equals(address))
                .map(question)
                .findFirst()
                .orElseThrow());
  }

  @Override
  public boolean isEstablished(InetAddress neighbour) {
    return ask(neighbour, peer -> peer.session().state() == State.ESTABLISHED);
  }

  @Override
  public long updatesReceived(InetAddress neighbour) {
    return ask(neighbour, peer -> peer.session().counters().received(Message.UPDATE));
  }

  @Override
  public void refresh(InetAddress neighbour) {
    ask(neighbour, Peer::askRefresh);
  }

  @Override
  public String describe(InetAddress neighbour) {
    return ask(neighbour, peer -> peer.session().state() + " " + peer.session().lastError());
  }

  @Override
  public List<SeenRoute> learned(IpFamily family) {
    return ask(
        s ->
            s.queries().routes(prefix -> prefix.family() == family).stream()
                .filter(route -> route.isBest() && !route.peer().isLocal())
                .map(Margay::seen)
                .toList());
  }

  private static SeenRoute seen(RouteView route) {
    PathAttributes used = route.used();
    List<String> clusters = new ArrayList<>();
    for (int cluster : used.clusterList()) {
      clusters.add(Communities.identifier(cluster));
    }
    return new SeenRoute(
        route.prefix().cidr(),
        used.nextHop(),
        used.asPath().numbers(),
        communities(used),
        used.hasMed() ? OptionalLong.of(Integer.toUnsignedLong(used.med())) : OptionalLong.empty(),
        OptionalLong.of(Integer.toUnsignedLong(used.localPref())),
        used.originatorId() == 0 ? "" : Communities.identifier(used.originatorId()),
        clusters,
        route.isStale());
  }

  private static Set<String> communities(PathAttributes used) {
    Set<String> texts = new HashSet<>();
    for (int community : used.communities()) {
      texts.add((community >>> 16) + ":" + (community & 0xffff));
    }
    int[] large = used.largeCommunities();
    for (int i = 0; i < large.length; i += 3) {
      texts.add(
          Integer.toUnsignedLong(large[i])
              + ":"
              + Integer.toUnsignedLong(large[i + 1])
              + ":"
              + Integer.toUnsignedLong(large[i + 2]));
    }
    int[] extended = used.extendedCommunities();
    for (int i = 0; i < extended.length; i += 2) {
      // A route target of a short AS number. RFC 4360 section 3.1.
      texts.add(
          extended[i] >>> 16 == 0x0002
              ? "rt:" + (extended[i] & 0xffff) + ":" + Integer.toUnsignedLong(extended[i + 1])
              : "%08x%08x".formatted(extended[i], extended[i + 1]));
    }
    return texts;
  }

  // --- settings ---

  private SpeakerSettings speakerSettings() {
    InetAddress ipv4 = TestNet.ipv4(settings.number());
    InetAddress ipv6 = TestNet.ipv6(settings.number());
    boolean isReflector =
        settings.neighbours().stream().anyMatch(n -> n.traits().contains(Trait.REFLECTOR_CLIENT));
    int identifier = ByteBuffer.wrap(ipv4.getAddress()).getInt();
    Map<Prefix, PathAttributes> origins = new HashMap<>();
    announced.forEach(route -> origins.put(Prefix.of(route.prefix()), attributes(route)));
    return new SpeakerSettings(
        settings.asNumber(),
        identifier,
        PORT,
        List.of(ipv4, ipv6),
        isReflector ? identifier : 0,
        settings.neighbours().stream()
            .map(n -> peer(n, isReflector ? identifier : 0))
            .sorted(Comparator.comparing(PeerSettings::address, Ip::compare))
            .toList(),
        origins,
        Map.of(),
        Map.of(IpFamily.IPV4, ipv4, IpFamily.IPV6, ipv6),
        Set.of(ipv4, ipv6),
        List.of());
  }

  private static PathAttributes attributes(Announcement route) {
    PathAttributes attributes = PathAttributes.originated();
    for (String community : route.communities()) {
      attributes = attributes.withCommunity(community);
    }
    return attributes;
  }

  private PeerSettings peer(Neighbour n, int clusterId) {
    Set<Trait> traits = n.traits();
    return new PeerSettings(
        "daemon",
        Optional.empty(),
        n.remote(),
        PORT,
        n.asNumber(),
        settings.asNumber(),
        Optional.of(n.local()),
        n.password(),
        traits.contains(Trait.TTL_SECURITY) ? OptionalInt.of(1) : OptionalInt.empty(),
        traits.contains(Trait.PASSIVE),
        n.families(),
        extras.holdSeconds(),
        OptionalInt.empty(),
        settings.restartSeconds(),
        traits.contains(Trait.REFLECTOR_CLIENT),
        clusterId,
        NextHopMode.AUTO,
        0,
        extras.maxPrefixes(),
        extras.importPolicy(),
        extras.exportPolicy());
  }

  @Override
  public void close() {
    kill();
  }
}
