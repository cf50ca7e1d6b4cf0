// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Capabilities.GracefulRestart;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.codec.Open;
import io.margay.bgp.rib.RibPeer;
import io.margay.bgp.session.SessionHost.End;
import io.margay.bgp.session.Timers;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes of a peer that stay although they were not told in its present session: while it restarts
 * gracefully (RFC 4724, RFC 8538), and while it tells all again (RFC 7313). Confined to the
 * speaker's thread.
 */
final class KeptRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(KeptRoutes.class);

  private final Speaker speaker;
  private final RibPeer peer;
  private final Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
  private Timers.Timer timer = () -> {};

  /** What the peer said of itself when its session last came up. */
  private Optional<Open> lastOpen = Optional.empty();

  KeptRoutes(Speaker speaker, RibPeer peer) {
    this.speaker = speaker;
    this.peer = peer;
  }

  /** Families of which there are such routes. */
  Set<IpFamily> families() {
    return Set.copyOf(families);
  }

  void cancel() {
    timer.cancel();
  }

  /** Only families stay whose forwarding the peer says it has kept. */
  void sessionIsUp(Open open) {
    lastOpen = Optional.of(open);
    Map<IpFamily, Boolean> forwarding =
        open.capabilities().gracefulRestart().map(GracefulRestart::families).orElse(Map.of());
    Set<IpFamily> gone = EnumSet.noneOf(IpFamily.class);
    families.stream().filter(f -> !forwarding.getOrDefault(f, false)).forEach(gone::add);
    flush(gone);
  }

  /** The peer begins to tell all of a family again. */
  void toldAgain(IpFamily family) {
    families.add(family);
    speaker.rib().markStale(peer, family::equals);
  }

  /** The peer has told all of a family. */
  void told(IpFamily family) {
    flush(EnumSet.of(family));
  }

  /**
   * Keeps the routes of those families that the peer restarts gracefully with, and drops the rest.
   *
   * @param configured families of the session
   */
  void sessionIsLost(End end, Set<IpFamily> configured) {
    Set<IpFamily> kept = keptBy(end, configured);
    boolean isFirst = families.isEmpty();
    families.retainAll(kept);
    speaker.rib().removeRoutes(peer, family -> !kept.contains(family), false);
    if (kept.isEmpty()) {
      timer.cancel();
      return;
    }
    speaker.rib().markStale(peer, kept::contains);
    families.addAll(kept);
    if (isFirst) {
      // A second failure gives no more time.
      int seconds = lastOpen.orElseThrow().capabilities().gracefulRestart().orElseThrow().seconds();
      timer = speaker.timers().inSeconds(seconds, this::expired);
    }
  }

  private Set<IpFamily> keptBy(End end, Set<IpFamily> configured) {
    Set<IpFamily> kept = EnumSet.noneOf(IpFamily.class);
    Optional<GracefulRestart> restart = lastOpen.flatMap(o -> o.capabilities().gracefulRestart());
    if (restart.isEmpty() || restart.get().seconds() == 0) {
      return kept;
    }
    Optional<Notification> spoken = end.sent().or(end::received);
    boolean isKept =
        spoken.isEmpty()
            || restart.get().hasNotifications()
                && spoken.filter(KeptRoutes::isGraceful).isPresent();
    if (isKept) {
      kept.addAll(restart.get().families().keySet());
      kept.retainAll(configured);
    }
    return kept;
  }

  /** Whether both go on where they were; what an operator ends is ended. */
  private static boolean isGraceful(Notification n) {
    return switch (n.code()) {
      case Notification.HOLD_TIMER_EXPIRED, Notification.SEND_HOLD_TIMER_EXPIRED -> true;
      case Notification.CEASE ->
          n.subcode() == Notification.ADMIN_RESET
              || n.subcode() == Notification.OTHER_CONFIGURATION_CHANGE;
      default -> false;
    };
  }

  private void expired() {
    LOG.info("The restart time is over, stale routes go peer={}", peer);
    flush(Set.copyOf(families));
  }

  /** Drops what has not been told again. */
  private void flush(Set<IpFamily> told) {
    Set<IpFamily> ended = EnumSet.noneOf(IpFamily.class);
    ended.addAll(told);
    ended.retainAll(families);
    families.removeAll(ended);
    if (!ended.isEmpty()) {
      speaker.rib().removeRoutes(peer, ended::contains, true);
    }
    if (families.isEmpty()) {
      timer.cancel();
    }
  }
}
