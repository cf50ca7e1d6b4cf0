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

/** {@code bgp:reset}: begins a session anew, or only tells and hears all routes again. */
@Component
public final class BgpReset implements Command {
  private static final String SOFT = "soft";
  private static final String REASON = "reason";

  private final BgpSharing bgp;

  @Activate
  public BgpReset(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "reset", "begin the session with a BGP peer anew")
        .operating()
        .withArgument(PeerCommand.PEER, PeerCommand.PEER_HELP)
        .withFlag(SOFT, "the session stays; all routes are told and asked for again")
        .withOption(REASON, "TEXT", "told to the operator of the peer, RFC 9003")
        .withExample("bgp:reset --soft 192.0.2.1")
        .withExample("bgp:reset 192.0.2.1 --reason 'new filters'");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    boolean isSoft = invocation.has(SOFT);
    String reason = invocation.value(REASON).orElse("");
    bgp.apply();
    List<Boolean> done =
        PeerCommand.ask(
            bgp,
            invocation,
            peer -> {
              if (isSoft) {
                peer.resend();
                peer.askRefresh();
              } else {
                peer.reset(reason);
              }
              return true;
            });
    String plural = done.size() == 1 ? "session" : "sessions";
    output.message(done.size() + " " + plural + (isSoft ? " refreshed" : " reset"));
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(PeerCommand.PEER) ? PeerCommand.names(bgp) : List.of();
  }
}
