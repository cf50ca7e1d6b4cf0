// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Caller;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.session.Session;

/** One connection and who is at its other end. */
final class Link {
  static final AttributeKey<Link> KEY = new AttributeKey<>();

  private final Session session;
  private final InetAddress address;
  private final Instant since = Instant.now();
  private final Set<Seat> seats = ConcurrentHashMap.newKeySet();
  private final Activity activity = new Activity();
  private volatile Caller claimed;
  private volatile boolean known;
  private volatile boolean counted;

  Link(Session session, InetAddress address) {
    this.session = session;
    this.address = address;
  }

  Session session() {
    return session;
  }

  InetAddress address() {
    return address;
  }

  Instant since() {
    return since;
  }

  Set<Seat> seats() {
    return seats;
  }

  /** Who they say they are; proven once {@link #isKnown}. */
  void claim(Caller caller) {
    claimed = caller;
  }

  void proven() {
    known = true;
    activity.touch();
  }

  boolean isKnown() {
    return known;
  }

  /** Who logged in; empty before. */
  Optional<Caller> caller() {
    return known ? Optional.ofNullable(claimed) : Optional.empty();
  }

  /** A failure of this connection has been counted: its end is not another one. */
  void counted() {
    counted = true;
  }

  boolean isCounted() {
    return counted;
  }

  void left(Seat seat) {
    seats.remove(seat);
    activity.touch();
  }

  /** How long nobody has done anything here. */
  long idleNanos() {
    return seats.stream().mapToLong(Seat::idleNanos).min().orElseGet(activity::idleNanos);
  }
}
