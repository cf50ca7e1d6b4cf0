// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Cause.Kind;
import io.margay.api.dataplane.Owner;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What has happened since the last plan: the cause of what the next one changes. Confined to the
 * agent thread.
 */
final class Triggers {
  /** Of several causes the most telling one is named. */
  private static final List<Kind> TELLING =
      List.of(Kind.OPERATOR, Kind.SWITCH, Kind.SWAP, Kind.LEARNED, Kind.STORE);

  private static final Cause NODE = new Cause("what the kernel or a probe says");

  /** In the order of events; what happens again is one. */
  private final Map<String, Cause> since = new LinkedHashMap<>();

  /** The latest switch by the pool, and by the modes that it leads from and to. */
  private final Map<String, Cause> switches = new HashMap<>();

  private Cause current = NODE;

  /** Something happened that asks for a plan. */
  void add(Kind kind, String text) {
    since.putIfAbsent(text, new Cause(kind, text));
  }

  /** A pool is to change its mode, which takes several plans. */
  void switches(String pool, String from, String to, Cause cause) {
    switches.put("pool/" + pool, cause);
    switches.put("mode/" + from, cause);
    switches.put("mode/" + to, cause);
  }

  /** The switch that such an owner is part of, or what is planned for now. */
  Cause switchOf(Owner owner) {
    Cause cause = switches.get(owner.name());
    return cause != null
        ? cause
        : current.kind() == Kind.SWITCH
            ? current
            : new Cause(Kind.SWITCH, owner + " comes into use or leaves it (" + current + ")");
  }

  /**
   * A plan begins.
   *
   * @param goesOn whether modes still plan for what happened before
   */
  Cause begin(boolean goesOn) {
    if (goesOn && current != NODE) {
      since.putIfAbsent(current.text(), current);
    }
    current = since.isEmpty() ? NODE : most();
    since.clear();
    return current;
  }

  /** The cause of what is planned now. */
  Cause current() {
    return current;
  }

  private Cause most() {
    Cause most = since.values().iterator().next();
    for (Cause cause : since.values()) {
      if (rank(cause) < rank(most)) {
        most = cause;
      }
    }
    int more = since.size() - 1;
    return more == 0 ? most : new Cause(most.kind(), most.text() + " and " + more + " more");
  }

  private static int rank(Cause cause) {
    int rank = TELLING.indexOf(cause.kind());
    return rank < 0 ? TELLING.size() : rank;
  }
}
