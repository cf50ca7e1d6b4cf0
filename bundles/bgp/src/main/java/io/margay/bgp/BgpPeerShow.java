// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Communities;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.policy.PeerSettings;
import io.margay.bgp.session.Negotiated;
import io.margay.bgp.session.Session;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bgp:peer}: everything about one session. */
@Component
public final class BgpPeerShow implements Command {
  private final BgpSharing bgp;

  /** One property of a session. */
  record Row(String property, String value) {}

  @Activate
  public BgpPeerShow(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "peer", "show all about the session with a BGP peer")
        .withArgument(PeerCommand.PEER, PeerCommand.PEER_HELP)
        .withRows(Row.class)
        .withExample("bgp:peer 192.0.2.1");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    PeerCommand.ask(bgp, invocation, BgpPeerShow::rows).forEach(all -> all.forEach(output::row));
  }

  private static List<Row> rows(Peer peer) {
    List<Row> rows = new ArrayList<>();
    PeerSettings settings = peer.settings();
    Session session = peer.session();
    rows.add(new Row("peer", settings.name()));
    rows.add(new Row("address", Ip.text(settings.address()) + " port " + settings.port()));
    rows.add(
        new Row(
            "as",
            settings.remoteAs()
                + (settings.isInternal() ? " (ours)" : ", we are " + settings.localAs())));
    rows.add(new Row("state", session.state() + " since " + peer.since()));
    if (settings.isReflectorClient()) {
      rows.add(new Row("client", "routes are reflected for it"));
    }
    rows.add(new Row("password", settings.password().isPresent() ? "set" : "none"));
    settings.ttlSecurity().ifPresent(hops -> rows.add(new Row("ttl security", hops + " hops")));
    session.negotiated().ifPresent(n -> addNegotiated(rows, n));
    addRoutes(rows, peer);
    addMessages(rows, session);
    rows.add(new Row("last error", orNone(session.lastError())));
    rows.add(
        new Row(
            "last NOTIFICATION sent",
            session.lastSent().map(Notification::toString).orElse("none")));
    rows.add(
        new Row(
            "last NOTIFICATION received",
            session.lastReceived().map(Notification::toString).orElse("none")));
    for (FlapHistory.Uptime up : peer.history().uptimes()) {
      rows.add(
          new Row(
              "was up",
              up.from()
                  + up.until().map(end -> " to " + end + ": " + up.reason()).orElse(", still")));
    }
    return rows;
  }

  private static String orNone(String text) {
    return text.isEmpty() ? "none" : text;
  }

  private static void addNegotiated(List<Row> rows, Negotiated n) {
    rows.add(new Row("identifier", Communities.identifier(n.peer().identifier())));
    rows.add(new Row("families", n.families().toString()));
    rows.add(
        new Row(
            "hold time",
            n.holdSeconds() + " s, keepalives every " + Math.round(n.keepaliveSeconds()) + " s"));
    List<String> can = new ArrayList<>();
    if (n.hasFourOctetAs()) {
      can.add("AS numbers of four octets");
    }
    if (n.hasRouteRefresh()) {
      can.add(n.hasEnhancedRefresh() ? "enhanced route refresh" : "route refresh");
    }
    if (n.maxMessageLength() > Message.MAX_LENGTH) {
      can.add("extended messages");
    }
    if (n.hasExtendedNextHop()) {
      can.add("IPv4 by IPv6 next hops");
    }
    n.peer()
        .capabilities()
        .gracefulRestart()
        .ifPresent(restart -> can.add("graceful restart within " + restart.seconds() + " s"));
    rows.add(new Row("agreed", String.join(", ", can)));
  }

  private static void addRoutes(List<Row> rows, Peer peer) {
    for (IpFamily family : peer.settings().families()) {
      rows.add(
          new Row(
              "routes " + family,
              peer.ribPeer().received(family)
                  + " received, "
                  + peer.ribPeer().rejected(family)
                  + " of them not used"
                  + (peer.awaited().contains(family) ? ", not all are told yet" : "")
                  + (peer.stale().contains(family) ? ", kept from before its restart" : "")));
    }
    peer.member().ifPresent(m -> rows.add(new Row("routes sent", "" + peer.advertisedCount())));
    rows.add(
        new Row(
            "errors in messages",
            peer.treatedAsWithdraw()
                + " taken as withdrawals, "
                + peer.discardedAttributes()
                + " with attributes left out"));
  }

  private static void addMessages(List<Row> rows, Session session) {
    Session.Counters counters = session.counters();
    rows.add(
        new Row(
            "messages received",
            counters.received(Message.UPDATE)
                + " UPDATE, "
                + counters.received(Message.KEEPALIVE)
                + " KEEPALIVE, "
                + counters.received(Message.OPEN)
                + " OPEN, "
                + counters.received(Message.NOTIFICATION)
                + " NOTIFICATION, "
                + counters.received(Message.ROUTE_REFRESH)
                + " ROUTE-REFRESH"));
  }

  @Override
  public List<String> complete(String name) {
    return PeerCommand.names(bgp);
  }
}
