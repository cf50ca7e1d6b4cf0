// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import io.margay.bgp.codec.BgpException;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.codec.Open;
import io.margay.bgp.codec.RouteRefresh;
import io.margay.bgp.session.SessionHost.End;
import java.util.Optional;

/**
 * One connection of a session: OpenSent, OpenConfirm, Established. Confined to the speaker's
 * thread.
 */
final class Link implements Connection.Listener {
  /** For the peer's OPEN. RFC 4271 section 8.2.2 suggests 4 minutes. */
  private static final double OPEN_HOLD_SECONDS = 60;

  private final Session session;
  private final Connection connection;
  private final boolean isOutgoing;
  private final Timers timers;
  private State state = State.OPEN_SENT;
  private Open sent;
  private Optional<Negotiated> negotiated = Optional.empty();
  private long lastReceivedNanos;
  private Timers.Timer holdTimer = () -> {};
  private Timers.Timer keepaliveTimer = () -> {};
  private boolean isEnded;

  Link(Session session, Connection connection, boolean isOutgoing) {
    this.session = session;
    this.connection = connection;
    this.isOutgoing = isOutgoing;
    timers = session.timers();
  }

  /** Sends our OPEN, and waits for the peer's. */
  void open() {
    lastReceivedNanos = timers.nanoTime();
    session.host().listen(connection, this);
    sent = session.open();
    send(sent.encode());
    holdTimer = timers.inSeconds(OPEN_HOLD_SECONDS, this::holdExpired);
  }

  State state() {
    return state;
  }

  boolean isOutgoing() {
    return isOutgoing;
  }

  Connection connection() {
    return connection;
  }

  Optional<Negotiated> negotiated() {
    return negotiated;
  }

  void send(byte[] message) {
    session.countersOf().countSent(Message.type(message, 0));
    connection.send(message);
  }

  // --- what comes ---

  @Override
  public int received(byte[] bytes, int from, int to) {
    int at = from;
    try {
      while (!isEnded) {
        int length = Message.length(bytes, at, to, maxLength());
        if (length == 0 || length > to - at) {
          break;
        }
        lastReceivedNanos = timers.nanoTime();
        handle(bytes, at, at + length);
        at += length;
      }
    } catch (BgpException e) {
      end(e.notification(), e.getMessage());
    }
    return isEnded ? to - from : at - from;
  }

  private int maxLength() {
    return negotiated.map(Negotiated::maxMessageLength).orElse(Message.MAX_LENGTH);
  }

  private void handle(byte[] bytes, int from, int to) throws BgpException {
    int type = Message.type(bytes, from);
    session.countersOf().countReceived(type);
    if (type == Message.NOTIFICATION) {
      notified(Message.notification(bytes, from, to));
      return;
    }
    switch (state) {
      case OPEN_SENT -> {
        expect(type == Message.OPEN, 1, type);
        opened(Open.decode(bytes, from, to));
      }
      case OPEN_CONFIRM -> {
        expect(type == Message.KEEPALIVE, 2, type);
        establish();
      }
      default -> {
        expect(type != Message.OPEN, 3, type);
        if (type == Message.UPDATE) {
          session.host().update(bytes, from, to);
        } else if (type == Message.ROUTE_REFRESH) {
          refresh(RouteRefresh.decode(bytes, from, to));
        }
      }
    }
  }

  /** RFC 6608. */
  private void expect(boolean isExpected, int subcode, int type) throws BgpException {
    if (!isExpected) {
      byte[] data = {(byte) type};
      throw new BgpException(
          new Notification(Notification.FSM, subcode, data),
          "message type " + type + " in " + state);
    }
  }

  private void notified(Notification notification) {
    connection.close();
    String reason =
        notification.code() == 0 ? "a NOTIFICATION that is too short" : "peer: " + notification;
    finish(new End(Optional.empty(), Optional.of(notification), reason));
  }

  private void opened(Open peer) throws BgpException {
    SessionSettings settings = session.settings();
    if (peer.asNumber() != settings.remoteAs()) {
      throw new BgpException(
          Notification.of(Notification.OPEN, 2),
          "the peer is AS " + peer.asNumber() + " (expected: " + settings.remoteAs() + ")");
    }
    if (settings.isInternal() && peer.identifier() == sent.identifier()) {
      throw new BgpException(
          Notification.of(Notification.OPEN, 3), "the peer has our own identifier");
    }
    Negotiated both = Negotiated.of(sent, peer, settings.keepaliveSeconds());
    if (both.families().isEmpty()) {
      throw new BgpException(
          Notification.of(Notification.OPEN, 7), "no family that both speakers know");
    }
    if (!session.resolveCollision(this, peer)) {
      return;
    }
    negotiated = Optional.of(both);
    holdTimer.cancel();
    if (both.holdSeconds() > 0) {
      holdTimer = timers.inSeconds(both.holdSeconds(), this::checkHold);
      scheduleKeepalive();
    }
    send(Message.keepalive());
    state = State.OPEN_CONFIRM;
    session.linkChanged();
  }

  private void establish() {
    state = State.ESTABLISHED;
    session.established(this);
  }

  private void refresh(RouteRefresh refresh) {
    if (negotiated.orElseThrow().hasRouteRefresh() && refresh.family().isPresent()) {
      session.host().refresh(refresh);
    }
  }

  @Override
  public void writable() {
    if (state == State.ESTABLISHED && !isEnded) {
      session.host().writable();
    }
  }

  // --- timers ---

  private void checkHold() {
    long left =
        lastReceivedNanos
            + negotiated.orElseThrow().holdSeconds() * 1_000_000_000L
            - timers.nanoTime();
    if (left <= 0) {
      holdExpired();
    } else {
      holdTimer = timers.schedule(left, this::checkHold);
    }
  }

  private void holdExpired() {
    end(Notification.of(Notification.HOLD_TIMER_EXPIRED, 0), "nothing came for the hold time");
  }

  private void scheduleKeepalive() {
    double seconds = timers.jittered(negotiated.orElseThrow().keepaliveSeconds());
    keepaliveTimer = timers.inSeconds(seconds, this::keepalive);
  }

  private void keepalive() {
    if (connection.isWritable()) {
      send(Message.keepalive());
    } else if (isStuck()) {
      end(
          Notification.of(Notification.SEND_HOLD_TIMER_EXPIRED, 0),
          "the peer does not read what we send");
      return;
    }
    scheduleKeepalive();
  }

  private boolean isStuck() {
    long limit = session.settings().sendHoldSeconds() * 1_000_000_000L;
    return timers.nanoTime() - connection.lastProgressNanos() > limit;
  }

  // --- the end ---

  /** Tells the peer why, and closes. */
  void end(Notification notification, String reason) {
    if (!isEnded) {
      send(notification.encode());
      connection.close();
      finish(new End(Optional.of(notification), Optional.empty(), reason));
    }
  }

  /** Closes without a word, and counts as lost. */
  void lose(String reason) {
    connection.close();
    closed(reason);
  }

  /** Closes without a word, and tells nobody. */
  void abandon() {
    isEnded = true;
    holdTimer.cancel();
    keepaliveTimer.cancel();
    connection.close();
  }

  @Override
  public void closed(String reason) {
    finish(new End(Optional.empty(), Optional.empty(), reason));
  }

  private void finish(End end) {
    if (isEnded) {
      return;
    }
    isEnded = true;
    holdTimer.cancel();
    keepaliveTimer.cancel();
    boolean wasEstablished = state == State.ESTABLISHED;
    session.ended(this, wasEstablished, end);
  }
}
