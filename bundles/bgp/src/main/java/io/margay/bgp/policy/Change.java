// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What other settings do to the session with one peer.
 *
 * @param kind {@code new}, {@code removed}, {@code reset}, {@code soft} or {@code none}
 * @param why the fields that cause it
 */
public record Change(String peer, InetAddress address, String kind, String why) {
  /** What becomes of every session, those that go last. */
  public static List<Change> between(SpeakerSettings before, SpeakerSettings after) {
    Map<InetAddress, PeerSettings> known = new LinkedHashMap<>();
    before.peers().forEach(peer -> known.put(peer.address(), peer));
    List<Change> changes = new ArrayList<>();
    boolean isOther = before.routerId() != after.routerId();
    for (PeerSettings peer : after.peers()) {
      PeerSettings old = known.remove(peer.address());
      if (old == null) {
        changes.add(new Change(peer.name(), peer.address(), "new", ""));
      } else if (isOther) {
        changes.add(new Change(peer.name(), peer.address(), "reset", "identifier of the node"));
      } else {
        changes.add(of(old, peer));
      }
    }
    known
        .values()
        .forEach(peer -> changes.add(new Change(peer.name(), peer.address(), "removed", "")));
    return changes;
  }

  private static Change of(PeerSettings old, PeerSettings peer) {
    Set<String> fields = peer.resetBy(old);
    if (!fields.isEmpty()) {
      return new Change(peer.name(), peer.address(), "reset", String.join(", ", fields));
    }
    String kind = peer.equals(old) ? "none" : "soft";
    return new Change(peer.name(), peer.address(), kind, String.join(", ", peer.followedOf(old)));
  }
}
