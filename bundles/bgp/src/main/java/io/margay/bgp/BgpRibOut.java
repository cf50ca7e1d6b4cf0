// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bgp:rib-out}: what a peer has been told. */
@Component
public final class BgpRibOut implements Command {
  private final BgpSharing bgp;

  @Activate
  public BgpRibOut(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "rib-out", "show what a BGP peer has been told")
        .withArgument(PeerCommand.PEER, PeerCommand.PEER_HELP)
        .withOptionalArgument(RouteRows.PREFIX, RouteRows.PREFIX_HELP)
        .withRows(RouteRows.Told.class)
        .withExample("bgp:rib-out 192.0.2.1");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Predicate<Prefix> wanted = RouteRows.within(invocation.value(RouteRows.PREFIX));
    List<Map<Prefix, PathAttributes>> told = PeerCommand.ask(bgp, invocation, Peer::advertised);
    for (Map<Prefix, PathAttributes> routes : told) {
      routes.forEach(
          (prefix, attributes) -> {
            if (wanted.test(prefix)) {
              output.row(RouteRows.told(prefix, attributes));
            }
          });
    }
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(PeerCommand.PEER) ? PeerCommand.names(bgp) : List.of();
  }
}
