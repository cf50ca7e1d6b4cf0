// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** When a session was up, and why it ended: the latest times. Confined to the speaker's thread. */
final class FlapHistory {
  private static final int KEPT = 16;

  /**
   * A time during which the session was up.
   *
   * @param until empty while it lasts
   */
  record Uptime(Instant from, Optional<Instant> until, String reason) {}

  private final Deque<Uptime> uptimes = new ArrayDeque<>();

  void up(Instant now) {
    uptimes.addFirst(new Uptime(now, Optional.empty(), ""));
    if (uptimes.size() > KEPT) {
      uptimes.removeLast();
    }
  }

  void down(Instant now, String reason) {
    Uptime up = uptimes.removeFirst();
    uptimes.addFirst(new Uptime(up.from(), Optional.of(now), reason));
  }

  /** The latest first. */
  List<Uptime> uptimes() {
    return List.copyOf(uptimes);
  }
}
