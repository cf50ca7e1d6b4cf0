// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.rib.RibPeer;
import java.util.List;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bgp:rib-in}: what a peer has told. */
@Component
public final class BgpRibIn implements Command {
  private final BgpSharing bgp;

  @Activate
  public BgpRibIn(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "rib-in", "show what a BGP peer has told, and what became of it")
        .withArgument(PeerCommand.PEER, PeerCommand.PEER_HELP)
        .withOptionalArgument(RouteRows.PREFIX, RouteRows.PREFIX_HELP)
        .withRows(RouteRows.Learned.class)
        .withExample("bgp:rib-in node2");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Predicate<Prefix> wanted = RouteRows.within(invocation.value(RouteRows.PREFIX));
    List<RibPeer> peers = PeerCommand.ask(bgp, invocation, Peer::ribPeer);
    PeerCommand.ask(bgp, speaker -> speaker.queries().routes(wanted)).stream()
        .filter(view -> peers.contains(view.peer()))
        .forEach(view -> output.row(RouteRows.learned(view)));
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(PeerCommand.PEER) ? PeerCommand.names(bgp) : List.of();
  }
}
