// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpPeer.NextHopMode;
import io.margay.bgp.codec.BgpException;
import io.margay.bgp.codec.Capabilities;
import io.margay.bgp.codec.Capabilities.GracefulRestart;
import io.margay.bgp.codec.ExportRules;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.codec.Open;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.codec.RouteRefresh;
import io.margay.bgp.codec.UpdateContext;
import io.margay.bgp.codec.UpdateDecoder;
import io.margay.bgp.policy.PeerSettings;
import io.margay.bgp.rib.GroupKey;
import io.margay.bgp.rib.Member;
import io.margay.bgp.rib.Rib;
import io.margay.bgp.rib.RibPeer;
import io.margay.bgp.session.Connection;
import io.margay.bgp.session.Negotiated;
import io.margay.bgp.session.Session;
import io.margay.bgp.session.SessionHost;
import io.margay.bgp.session.SessionSettings;
import io.margay.bgp.transport.SocketOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A peer: its session, its routes, and graceful restart between them (RFC 4724). Confined to the
 * speaker's thread.
 */
final class Peer implements SessionHost {
  private static final Logger LOG = LoggerFactory.getLogger(Peer.class);

  /** RFC 4486: how long a peer with too many routes stays down. */
  private static final double OVER_LIMIT_SECONDS = 60;

  private static final int RETRY_SECONDS = 5;

  private final Speaker speaker;
  private final RibPeer ribPeer;
  private final Session session;
  private final FlapHistory history = new FlapHistory();
  private PeerSettings settings;
  private Optional<Member> member = Optional.empty();
  private UpdateDecoder decoder;

  /** Families that the peer has not told completely yet since its session came up. */
  private final Set<IpFamily> awaited = EnumSet.noneOf(IpFamily.class);

  private final KeptRoutes kept;
  private long treatedAsWithdraw;
  private long discardedAttributes;

  Peer(Speaker speaker, PeerSettings settings) {
    this.speaker = speaker;
    this.settings = settings;
    ribPeer = speaker.rib().addPeer(settings.name(), settings.address());
    kept = new KeptRoutes(speaker, ribPeer);
    configureRoutes();
    session = new Session(sessionSettings(), this, speaker.timers());
    awaited.addAll(settings.families());
  }

  void start() {
    session.start();
  }

  // --- settings ---

  private void configureRoutes() {
    ribPeer.rename(settings.name());
    ribPeer.configure(
        !settings.isInternal(),
        settings.isReflectorClient(),
        settings.localAs(),
        settings.allowedOwnAs(),
        settings.maxPrefixes().orElse(Integer.MAX_VALUE),
        settings.importPolicy());
  }

  private SessionSettings sessionSettings() {
    return new SessionSettings(
        open(),
        settings.remoteAs(),
        settings.isPassive(),
        settings.keepaliveSeconds().orElse(0),
        RETRY_SECONDS,
        Math.max(480, 2 * settings.holdSeconds()));
  }

  /** What we say of ourselves now: it depends on whether this speaker has just started. */
  private Open open() {
    Map<IpFamily, Boolean> forwarding = new EnumMap<>(IpFamily.class);
    // What is in the kernel stays there when this process ends.
    settings.families().forEach(family -> forwarding.put(family, true));
    boolean carriesBoth =
        settings.families().contains(IpFamily.IPV4)
            && IpFamily.of(settings.address()) == IpFamily.IPV6;
    Capabilities can =
        new Capabilities(
            settings.families(),
            true,
            true,
            true,
            true,
            carriesBoth ? Set.of(IpFamily.IPV4) : Set.of(),
            Optional.of(
                new GracefulRestart(
                    speaker.isRestarting(), true, settings.restartSeconds(), forwarding)),
            Map.of(),
            Map.of(),
            OptionalInt.empty());
    return new Open(settings.localAs(), settings.holdSeconds(), speaker.identifier(), can);
  }

  /** What we say has changed, for sessions to come. */
  void refreshOpen() {
    session.configure(sessionSettings());
  }

  /** Takes over other settings, as softly as they allow. */
  void configure(PeerSettings changed) {
    PeerSettings before = settings;
    if (changed.equals(before)) {
      refreshOpen();
      regroup(); // An address of the node may have changed.
      return;
    }
    settings = changed;
    configureRoutes();
    session.configure(sessionSettings());
    Set<String> reset = changed.resetBy(before);
    if (!reset.isEmpty()) {
      LOG.info("Session is reset peer={} changed={}", this, reset);
      session.reset(Notification.of(Notification.CEASE, Notification.OTHER_CONFIGURATION_CHANGE));
      return;
    }
    session.connection().ifPresent(connection -> follow(connection, before));
    boolean isJudgedAnew =
        !changed.importPolicy().equals(before.importPolicy())
            || changed.allowedOwnAs() != before.allowedOwnAs()
            || changed.isReflectorClient() != before.isReflectorClient();
    if (isJudgedAnew) {
      speaker.rib().reimport(ribPeer);
    }
    regroup();
  }

  private void follow(Connection connection, PeerSettings before) {
    if (!settings.ttlSecurity().equals(before.ttlSecurity())) {
      speaker.transport().apply(connection, options());
    }
    if (!settings.password().equals(before.password())) {
      speaker.transport().changePassword(connection, settings.password().orElseThrow());
    }
  }

  /** What it is told by may have changed. */
  void regroup() {
    Optional<Connection> connection = session.connection();
    Optional<Negotiated> negotiated = session.negotiated();
    if (member.isPresent() && connection.isPresent() && negotiated.isPresent()) {
      speaker.rib().move(member.get(), groupKey(connection.get(), negotiated.get()));
    }
  }

  void remove() {
    kept.cancel();
    session.stop(Notification.of(Notification.CEASE, Notification.PEER_DECONFIGURED));
    speaker.rib().removePeer(ribPeer);
  }

  SocketOptions options() {
    return new SocketOptions(settings.password(), settings.ttlSecurity());
  }

  // --- connections ---

  @Override
  public Runnable connect(Consumer<Connection> done, Consumer<String> failed) {
    return speaker
        .transport()
        .connect(
            new InetSocketAddress(settings.address(), settings.port()),
            settings.source(),
            options(),
            done,
            failed);
  }

  @Override
  public void listen(Connection connection, Connection.Listener listener) {
    speaker.transport().listenTo(connection, listener);
  }

  Optional<String> accept(Connection connection) {
    speaker.transport().apply(connection, options());
    return session.accept(connection);
  }

  // --- the session ---

  @Override
  public void established(Connection connection, Negotiated negotiated) {
    LOG.info(
        "Session is up peer={} families={} hold={}",
        this,
        negotiated.families(),
        negotiated.holdSeconds());
    history.up(speaker.now());
    ribPeer.identify(negotiated.peer().identifier());
    decoder =
        new UpdateDecoder(
            new UpdateContext(
                !settings.isInternal(),
                settings.isInternal() ? 0 : settings.remoteAs(),
                negotiated.hasFourOctetAs(),
                negotiated.families(),
                Set.of(),
                negotiated.hasExtendedNextHop()),
            speaker.rib().attributes(!settings.isInternal()));
    kept.sessionIsUp(negotiated.peer());
    awaited.clear();
    awaited.addAll(negotiated.families());
    member =
        Optional.of(
            speaker
                .rib()
                .join(
                    ribPeer,
                    connection,
                    groupKey(connection, negotiated),
                    negotiated.families(),
                    negotiated.hasEnhancedRefresh()));
    speaker.changed();
  }

  private GroupKey groupKey(Connection connection, Negotiated negotiated) {
    boolean isExternal = !settings.isInternal();
    NextHopMode mode = settings.nextHopMode();
    ExportRules rules =
        new ExportRules(
            isExternal,
            isExternal ? settings.localAs() : 0,
            negotiated.hasFourOctetAs(),
            nextHopSelf(connection.local().getAddress(), negotiated),
            negotiated.hasExtendedNextHop(),
            mode == NextHopMode.KEEP || mode == NextHopMode.AUTO && !isExternal,
            settings.clusterId());
    return new GroupKey(
        rules,
        settings.isReflectorClient(),
        settings.exportPolicy(),
        negotiated.maxMessageLength());
  }

  /** The session's own address; for the other family that of this node. */
  private Map<IpFamily, InetAddress> nextHopSelf(InetAddress local, Negotiated negotiated) {
    Map<IpFamily, InetAddress> self = new EnumMap<>(speaker.nodeAddresses());
    if (negotiated.hasExtendedNextHop()) {
      self.remove(IpFamily.IPV4);
    }
    self.put(IpFamily.of(local), Addresses.withoutZone(local));
    return self;
  }

  @Override
  public void update(byte[] bytes, int from, int to) throws BgpException {
    UpdateDecoder.Action action = decoder.decode(bytes, from, to);
    if (action == UpdateDecoder.Action.END_OF_RIB) {
      endOfRib(decoder.endOfRib().orElseThrow());
      return;
    }
    if (!decoder.complaint().isEmpty()) {
      complain(action);
    }
    Rib.Outcome outcome = speaker.rib().learn(ribPeer, decoder, action);
    if (outcome == Rib.Outcome.TOO_MANY_OF_PEER) {
      session.holdDown(tooManyPrefixes(), OVER_LIMIT_SECONDS);
    } else if (outcome == Rib.Outcome.TOO_MANY) {
      session.holdDown(
          Notification.of(Notification.CEASE, Notification.OUT_OF_RESOURCES), OVER_LIMIT_SECONDS);
    }
  }

  /** With family and limit. RFC 4486 section 4. */
  private Notification tooManyPrefixes() {
    int limit = settings.maxPrefixes().orElse(Integer.MAX_VALUE);
    int afi = ribPeer.received(IpFamily.IPV4) > limit ? 1 : 2;
    byte[] data = {
      0,
      (byte) afi,
      1,
      (byte) (limit >> 24),
      (byte) (limit >> 16),
      (byte) (limit >> 8),
      (byte) limit
    };
    return new Notification(Notification.CEASE, Notification.MAX_PREFIXES, data);
  }

  private void complain(UpdateDecoder.Action action) {
    if (action == UpdateDecoder.Action.TREAT_AS_WITHDRAW) {
      treatedAsWithdraw++;
    } else {
      discardedAttributes++;
    }
    if (speaker.mayComplain()) {
      LOG.warn("Message with an error peer={} error={}", this, decoder.complaint());
    }
  }

  private void endOfRib(IpFamily family) {
    kept.told(family);
    if (awaited.remove(family)) {
      speaker.changed();
    }
  }

  @Override
  public void refresh(RouteRefresh refresh) {
    IpFamily family = refresh.family().orElseThrow();
    switch (refresh.subtype()) {
      case RouteRefresh.REQUEST -> member.ifPresent(m -> speaker.rib().refresh(m, family));
      case RouteRefresh.BEGIN -> kept.toldAgain(family);
      case RouteRefresh.END -> kept.told(family);
      default -> LOG.debug("Refresh is ignored peer={} subtype={}", this, refresh.subtype());
    }
  }

  @Override
  public void writable() {
    member.ifPresent(speaker.rib()::drain);
  }

  @Override
  public void down(End end) {
    LOG.info("Session is down peer={} reason={}", this, end.reason());
    history.down(speaker.now(), end.reason());
    member.ifPresent(speaker.rib()::leave);
    member = Optional.empty();
    kept.sessionIsLost(end, settings.families());
    awaited.clear();
    awaited.addAll(settings.families());
    speaker.changed();
  }

  @Override
  public void changed() {
    speaker.changed();
  }

  // --- what is asked of it ---

  /** Asks the peer for all its routes again. */
  boolean askRefresh() {
    Optional<Negotiated> negotiated = session.negotiated();
    if (negotiated.filter(Negotiated::hasRouteRefresh).isEmpty()) {
      return false;
    }
    for (IpFamily family : negotiated.get().families()) {
      session.send(RouteRefresh.encode(family, RouteRefresh.REQUEST));
    }
    return true;
  }

  /** Tells the peer all that it has from us again. */
  void resend() {
    member.ifPresent(m -> m.families().forEach(family -> speaker.rib().refresh(m, family)));
  }

  void reset(String text) {
    session.reset(Notification.cease(Notification.ADMIN_RESET, text));
  }

  /** Ends the session without a word, so that the peer keeps our routes. */
  void abandon() {
    session.abandon();
  }

  /**
   * Whether it has told everything, or is not to be waited for: it has restarted itself, and waits
   * for us. RFC 4724 section 4.1.
   */
  boolean isTold() {
    return session.negotiated().isPresent()
        && (awaited.isEmpty()
            || session
                .negotiated()
                .flatMap(n -> n.peer().capabilities().gracefulRestart())
                .filter(GracefulRestart::isRestarting)
                .isPresent());
  }

  /** What it has been told; empty while its session is not up. */
  Map<Prefix, PathAttributes> advertised() {
    return member.map(speaker.queries()::advertised).orElse(Map.of());
  }

  /** How many prefixes it has been told and not been told to forget. */
  int advertisedCount() {
    return member.map(speaker.queries()::advertisedCount).orElse(0);
  }

  /** For others to show. */
  io.margay.api.sharing.Session summary() {
    return new io.margay.api.sharing.Session(
        settings.address(),
        settings.node(),
        settings.remoteAs(),
        session.state().toString(),
        since(),
        session.lastError());
  }

  /** When the session entered its state. */
  Instant since() {
    long nanos = speaker.timers().nanoTime() - session.sinceNanos();
    return speaker.now().minusNanos(nanos).truncatedTo(ChronoUnit.SECONDS);
  }

  PeerSettings settings() {
    return settings;
  }

  RibPeer ribPeer() {
    return ribPeer;
  }

  Session session() {
    return session;
  }

  Optional<Member> member() {
    return member;
  }

  FlapHistory history() {
    return history;
  }

  Set<IpFamily> stale() {
    return kept.families();
  }

  Set<IpFamily> awaited() {
    return Set.copyOf(awaited);
  }

  long treatedAsWithdraw() {
    return treatedAsWithdraw;
  }

  long discardedAttributes() {
    return discardedAttributes;
  }

  @Override
  public String toString() {
    return ribPeer.toString();
  }
}
