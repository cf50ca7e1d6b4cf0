// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.health.MetricSource;
import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Message;
import io.margay.bgp.session.Session;
import io.margay.bgp.session.State;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Metrics of all sessions together: a label for each peer would be one for each node. */
@Component
public final class BgpMetrics implements MetricSource {
  private final BgpSharing bgp;

  @Activate
  public BgpMetrics(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public void emit(Sink sink) {
    try {
      Map<String, Long> values = bgp.speaker().ask(BgpMetrics::sums);
      values.forEach((name, value) -> sink.gauge("margay_bgp_" + name, Map.of(), value));
      Map<State, Long> sessions = bgp.speaker().ask(BgpMetrics::sessions);
      sessions.forEach(
          (state, count) ->
              sink.gauge("margay_bgp_sessions", Map.of("state", state.toString()), count));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static Map<State, Long> sessions(Speaker speaker) {
    Map<State, Long> counts = new TreeMap<>();
    for (State state : State.values()) {
      counts.put(state, 0L);
    }
    speaker.peers().forEach(peer -> counts.merge(peer.session().state(), 1L, Long::sum));
    return counts;
  }

  private static Map<String, Long> sums(Speaker speaker) {
    Map<String, Long> sums = new TreeMap<>();
    for (String name :
        new String[] {
          "prefixes_received",
          "prefixes_rejected",
          "prefixes_advertised",
          "flaps_total",
          "updates_received_total",
          "messages_received_total",
          "treated_as_withdraw_total"
        }) {
      sums.put(name, 0L);
    }
    for (Peer peer : speaker.peers()) {
      for (IpFamily family : IpFamily.values()) {
        sums.merge("prefixes_received", (long) peer.ribPeer().received(family), Long::sum);
        sums.merge("prefixes_rejected", (long) peer.ribPeer().rejected(family), Long::sum);
      }
      Session session = peer.session();
      long advertised = peer.member().isPresent() ? peer.advertisedCount() : 0;
      sums.merge("prefixes_advertised", advertised, Long::sum);
      sums.merge("flaps_total", (long) session.flaps(), Long::sum);
      sums.merge("updates_received_total", session.counters().received(Message.UPDATE), Long::sum);
      sums.merge("messages_received_total", session.counters().received(), Long::sum);
      sums.merge("treated_as_withdraw_total", peer.treatedAsWithdraw(), Long::sum);
    }
    sums.put("unknown_connections_total", speaker.unknownConnections());
    sums.put("synced", speaker.isSynced() ? 1L : 0L);
    return sums;
  }
}
