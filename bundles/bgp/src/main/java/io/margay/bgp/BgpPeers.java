// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bgp:peers}: sessions and how they are. */
@Component
public final class BgpPeers implements Command {
  private final BgpSharing bgp;

  /** A line about a peer. */
  record Row(
      String peer,
      InetAddress address,
      long as,
      String state,
      Instant since,
      int received,
      int rejected,
      Optional<Long> sent,
      int flaps,
      String detail) {}

  @Activate
  public BgpPeers(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "peers", "show the sessions with BGP peers")
        .withRows(Row.class)
        .withExample("bgp:peers");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    List<Row> rows =
        PeerCommand.ask(bgp, speaker -> speaker.peers().stream().map(BgpPeers::row).toList());
    rows.stream()
        .sorted(Comparator.comparing(Row::peer).thenComparing(row -> Ip.text(row.address())))
        .forEach(output::row);
  }

  private static Row row(Peer peer) {
    int received = 0;
    int rejected = 0;
    for (IpFamily family : IpFamily.values()) {
      received += peer.ribPeer().received(family);
      rejected += peer.ribPeer().rejected(family);
    }
    return new Row(
        peer.settings().name(),
        peer.settings().address(),
        peer.settings().remoteAs(),
        peer.session().state().toString(),
        peer.since(),
        received,
        rejected,
        peer.member().map(member -> (long) peer.advertisedCount()),
        peer.session().flaps(),
        peer.stale().isEmpty()
            ? peer.session().lastError()
            : "its routes are kept while it restarts");
  }
}
