// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bgp:refresh}: lets a peer tell its routes again. */
@Component
public final class BgpRefresh implements Command {
  private final BgpSharing bgp;

  @Activate
  public BgpRefresh(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "refresh", "ask a BGP peer to tell all its routes again")
        .operating()
        .withArgument(PeerCommand.PEER, PeerCommand.PEER_HELP)
        .withExample("bgp:refresh node2");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    if (PeerCommand.ask(bgp, invocation, Peer::askRefresh).contains(false)) {
      throw new CommandException(
          "peer: "
              + invocation.argument(PeerCommand.PEER)
              + " (expected: a session that is up, and a peer that knows ROUTE-REFRESH)");
    }
    output.message("asked");
  }

  @Override
  public List<String> complete(String name) {
    return PeerCommand.names(bgp);
  }
}
