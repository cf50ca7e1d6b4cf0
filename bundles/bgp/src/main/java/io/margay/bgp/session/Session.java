// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import io.margay.bgp.codec.Capabilities;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.codec.Open;
import io.margay.bgp.session.SessionHost.End;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The session with one peer: RFC 4271 section 8, with at most two connections at a time, one that
 * we began and one that the peer began, until it is clear which of them stays (section 6.8).
 * Confined to the speaker's thread.
 */
public final class Session {
  /** A session that was up for so long begins anew with short waits. */
  private static final long STABLE_NANOS = 120_000_000_000L;

  /** Between two connections of the peer. */
  private static final long SHORTEST_NANOS = 500_000_000L;

  private static final double FIRST_WAIT_SECONDS = 1;

  /** At 75 % of it, one attempt a second. */
  private static final double FIRST_RETRY_SECONDS = 1.34;

  private static final double MAX_WAIT_SECONDS = 30;

  private static final Runnable NOT_CONNECTING = () -> {};

  /** Counts since the session was configured. */
  public static final class Counters {
    private final long[] received = new long[6];
    private final long[] sent = new long[6];

    void countReceived(int type) {
      received[type]++;
    }

    void countSent(int type) {
      sent[type]++;
    }

    /** Messages of a type of {@link Message} that came. */
    public long received(int type) {
      return received[type];
    }

    /** Messages of a type that were sent, but for UPDATEs. */
    public long sent(int type) {
      return sent[type];
    }

    /** All messages that came. */
    public long received() {
      return Arrays.stream(received).sum();
    }
  }

  private final SessionHost host;
  private final Timers timers;
  private final Counters counters = new Counters();
  private SessionSettings settings;
  private boolean isStarted;
  private State state = State.IDLE;
  private long sinceNanos;
  private Optional<Link> outgoing = Optional.empty();
  private Optional<Link> incoming = Optional.empty();
  private Runnable giveUpConnecting = NOT_CONNECTING;
  private Timers.Timer retry = () -> {};

  /** Until then no connection is begun, and none is taken while it is held down. */
  private long idleUntilNanos = Long.MIN_VALUE;

  private boolean isHeldDown;
  private long lastAcceptedNanos;

  private double waitSeconds = FIRST_WAIT_SECONDS;
  private int failedAttempts;
  private boolean offersOnlyBasics;
  private int flaps;
  private String lastError = "";
  private Optional<Notification> lastSent = Optional.empty();
  private Optional<Notification> lastReceived = Optional.empty();

  public Session(SessionSettings settings, SessionHost host, Timers timers) {
    this.settings = settings;
    this.host = host;
    this.timers = timers;
    sinceNanos = timers.nanoTime();
    lastAcceptedNanos = sinceNanos - SHORTEST_NANOS;
  }

  /** Begins to connect, unless it is passive. */
  public void start() {
    isStarted = true;
    tryConnect();
  }

  /** Holds for the next session; what is up stays as it is. */
  public void configure(SessionSettings changed) {
    settings = changed;
  }

  /** Ends the session, and begins no other. */
  public void stop(Notification reason) {
    isStarted = false;
    cancelRetry();
    endLinks(reason, "stopped");
    enter(State.IDLE);
  }

  /** Closes connections without a word, as a process does that ends: the peer keeps our routes. */
  public void abandon() {
    isStarted = false;
    cancelRetry();
    for (Link link : links()) {
      link.abandon();
    }
  }

  /** Ends the session, and begins the next one. */
  public void reset(Notification reason) {
    endLinks(reason, "reset");
    waitSeconds = FIRST_WAIT_SECONDS;
    idleUntilNanos = Long.MIN_VALUE;
    isHeldDown = false;
    tryConnect();
  }

  /** Ends the session, for so long. */
  public void holdDown(Notification reason, double seconds) {
    endLinks(reason, "held down");
    isHeldDown = true;
    idleFor(seconds);
  }

  private void endLinks(Notification reason, String why) {
    for (Link link : links()) {
      link.end(reason, why);
    }
  }

  private List<Link> links() {
    List<Link> links = new ArrayList<>();
    outgoing.ifPresent(links::add);
    incoming.ifPresent(links::add);
    return links;
  }

  // --- connecting ---

  private void cancelRetry() {
    retry.cancel();
    giveUpConnecting.run();
    giveUpConnecting = NOT_CONNECTING;
  }

  private void tryConnect() {
    cancelRetry();
    if (!isStarted || established().isPresent() || outgoing.isPresent()) {
      return;
    }
    if (isIdle()) {
      updateState();
      retry = timers.schedule(idleUntilNanos - timers.nanoTime(), this::tryConnect);
    } else if (settings.isPassive()) {
      updateState();
    } else {
      giveUpConnecting = host.connect(this::connected, this::connectFailed);
      updateState();
    }
  }

  private void connected(Connection connection) {
    failedAttempts = 0;
    giveUpConnecting = NOT_CONNECTING;
    outgoing = Optional.of(new Link(this, connection, true));
    outgoing.get().open();
    updateState();
  }

  private void connectFailed(String reason) {
    giveUpConnecting = NOT_CONNECTING;
    if (!reason.equals(lastError)) {
      lastError = reason;
      host.changed();
    }
    // Soon at first: nodes that start together are not there for each other at once.
    failedAttempts++;
    double seconds = Math.min(settings.retrySeconds(), FIRST_RETRY_SECONDS * failedAttempts);
    retry.cancel();
    retry = timers.inSeconds(timers.jittered(seconds), this::tryConnect);
    updateState();
  }

  private boolean isConnecting() {
    return outgoing.isEmpty() && giveUpConnecting != NOT_CONNECTING && !settings.isPassive();
  }

  /**
   * The peer has connected.
   *
   * @return why it is refused; empty when it is not
   */
  public Optional<String> accept(Connection connection) {
    if (!isStarted) {
      return Optional.of("the session is stopped");
    }
    if (isHeldDown && isIdle()) {
      return Optional.of("the session is held down");
    }
    if (timers.nanoTime() - lastAcceptedNanos < SHORTEST_NANOS) {
      // Both ends wait after an error: who comes first begins anew, but not in a tight loop.
      connection.close();
      return Optional.empty();
    }
    lastAcceptedNanos = timers.nanoTime();
    if (incoming.filter(link -> link.state() != State.ESTABLISHED).isPresent()) {
      // Whoever connects again has given up what it began before.
      incoming.get().end(Notification.of(Notification.CEASE, Notification.COLLISION), "again");
    }
    if (incoming.isPresent() && !isRestartExpected()) {
      return Optional.of("the session is established");
    }
    Link link = new Link(this, connection, false);
    if (incoming.isPresent()) {
      // A peer that restarted connects while we do not know yet that it is gone.
      Link old = incoming.get();
      outgoing = outgoing.isPresent() ? outgoing : Optional.of(old);
    }
    incoming = Optional.of(link);
    link.open();
    updateState();
    return Optional.empty();
  }

  private boolean isRestartExpected() {
    return established()
        .flatMap(Link::negotiated)
        .flatMap(n -> n.peer().capabilities().gracefulRestart())
        .isPresent();
  }

  // --- what links tell ---

  SessionSettings settings() {
    return settings;
  }

  Timers timers() {
    return timers;
  }

  SessionHost host() {
    return host;
  }

  Counters countersOf() {
    return counters;
  }

  /** What we say of ourselves; without extras to a peer that refused them. */
  Open open() {
    Open open = settings.open();
    if (!offersOnlyBasics) {
      return open;
    }
    Capabilities all = open.capabilities();
    Capabilities basic =
        new Capabilities(
            all.families(),
            true,
            true,
            false,
            false,
            Set.of(),
            Optional.empty(),
            Map.of(),
            Map.of(),
            OptionalInt.empty());
    return new Open(open.asNumber(), open.holdSeconds(), open.identifier(), basic);
  }

  /**
   * A link has read the peer's OPEN. Of two connections that one stays which the speaker with the
   * higher identifier began. RFC 4271 section 6.8, RFC 6286.
   *
   * @return whether the link stays
   */
  boolean resolveCollision(Link link, Open peer) {
    Optional<Link> other = other(link);
    if (other.isEmpty() || other.get().state().compareTo(State.OPEN_CONFIRM) < 0) {
      return true;
    }
    Notification collision = Notification.of(Notification.CEASE, Notification.COLLISION);
    if (other.get().state() == State.ESTABLISHED) {
      if (isRestartExpected()) {
        // RFC 4724 section 5: the old one counts as lost.
        other.get().lose("the peer has connected anew");
        return true;
      }
      link.end(collision, "another connection is established");
      return false;
    }
    int order = Integer.compareUnsigned(open().identifier(), peer.identifier());
    order = order != 0 ? order : Long.compare(open().asNumber(), peer.asNumber());
    boolean keepsOurs = order > 0;
    Link loser = link.isOutgoing() == keepsOurs ? other.get() : link;
    loser.end(collision, "another connection stays");
    return loser != link;
  }

  private Optional<Link> other(Link link) {
    return links().stream().filter(l -> l != link).findFirst();
  }

  void established(Link link) {
    cancelRetry();
    Notification collision = Notification.of(Notification.CEASE, Notification.COLLISION);
    other(link).ifPresent(l -> l.end(collision, "another connection is established"));
    lastError = "";
    updateState();
    host.established(link.connection(), link.negotiated().orElseThrow());
  }

  void linkChanged() {
    updateState();
  }

  /** A link is gone. */
  void ended(Link link, boolean wasEstablished, End end) {
    outgoing = outgoing.filter(l -> l != link);
    incoming = incoming.filter(l -> l != link);
    end.sent().ifPresent(n -> lastSent = Optional.of(n));
    end.received().ifPresent(n -> lastReceived = Optional.of(n));
    boolean isCollision =
        Stream.concat(end.sent().stream(), end.received().stream())
            .anyMatch(n -> n.code() == Notification.CEASE && n.subcode() == Notification.COLLISION);
    if (!isCollision) {
      lastError = end.reason();
    }
    if (wasEstablished) {
      flaps++;
      boolean wasStable = timers.nanoTime() - sinceNanos > STABLE_NANOS;
      waitSeconds = wasStable ? FIRST_WAIT_SECONDS : waitSeconds;
    }
    refusedCapabilities(end);
    updateState();
    if (wasEstablished) {
      host.down(end);
    }
    if (isStarted && links().isEmpty()) {
      boolean isError = !isCollision && (end.sent().isPresent() || end.received().isPresent());
      if (isError) {
        idleFor(timers.jittered(waitSeconds));
        waitSeconds = Math.min(MAX_WAIT_SECONDS, 2 * waitSeconds);
      } else {
        retrySoon();
      }
    }
  }

  /** An old speaker answers an OPEN that it does not understand with 2/4 or 2/7. */
  private void refusedCapabilities(End end) {
    end.received()
        .filter(n -> n.code() == Notification.OPEN && (n.subcode() == 4 || n.subcode() == 7))
        .ifPresent(n -> offersOnlyBasics = true);
  }

  private boolean isIdle() {
    return idleUntilNanos != Long.MIN_VALUE && idleUntilNanos - timers.nanoTime() > 0;
  }

  private void idleFor(double seconds) {
    idleUntilNanos = timers.nanoTime() + (long) (seconds * 1e9);
    tryConnect();
  }

  /** The peer may be restarting: it is back before long. */
  private void retrySoon() {
    retry.cancel();
    double seconds = Math.min(2, settings.retrySeconds());
    retry = timers.inSeconds(timers.jittered(seconds), this::tryConnect);
    updateState();
  }

  private Optional<Link> established() {
    return links().stream().filter(l -> l.state() == State.ESTABLISHED).findFirst();
  }

  private void updateState() {
    State best =
        links().stream()
            .map(Link::state)
            .max(State::compareTo)
            .orElse(
                !isStarted
                        || idleUntilNanos - timers.nanoTime() > 0 && idleUntilNanos > Long.MIN_VALUE
                    ? State.IDLE
                    : isConnecting() ? State.CONNECT : State.ACTIVE);
    enter(best);
  }

  private void enter(State next) {
    if (next != state) {
      state = next;
      sinceNanos = timers.nanoTime();
      host.changed();
    }
  }

  // --- to be shown ---

  public State state() {
    return state;
  }

  /** When it entered its state, of the clock's. */
  public long sinceNanos() {
    return sinceNanos;
  }

  /** How often it was up and then was not. */
  public int flaps() {
    return flaps;
  }

  /** What went wrong last, in words; empty when nothing since it came up. */
  public String lastError() {
    return lastError;
  }

  public Optional<Notification> lastSent() {
    return lastSent;
  }

  public Optional<Notification> lastReceived() {
    return lastReceived;
  }

  public Counters counters() {
    return counters;
  }

  public Optional<Negotiated> negotiated() {
    return established().flatMap(Link::negotiated);
  }

  public Optional<Connection> connection() {
    return established().map(Link::connection);
  }

  /** Sends a message of which the type is known, when the session is up. */
  public boolean send(byte[] message) {
    Optional<Link> up = established();
    up.ifPresent(link -> link.send(message));
    return up.isPresent();
  }
}
