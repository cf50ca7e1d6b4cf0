// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.rib.RouteView;
import java.util.List;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bgp:rib}: the best route of each prefix, or all. */
@Component
public final class BgpRib implements Command {
  private static final String ALL = "all";

  private final BgpSharing bgp;

  @Activate
  public BgpRib(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "rib", "show the best route of each prefix")
        .withOptionalArgument(RouteRows.PREFIX, RouteRows.PREFIX_HELP)
        .withFlag(ALL, "also the routes that lost, with the step by which they did")
        .withRows(RouteRows.Learned.class)
        .withExample("bgp:rib")
        .withExample("bgp:rib --all 10.244.0.0/16");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Predicate<Prefix> wanted = RouteRows.within(invocation.value(RouteRows.PREFIX));
    List<RouteView> views =
        PeerCommand.ask(
            bgp,
            speaker ->
                speaker.settings().map(s -> speaker.queries().routes(wanted)).orElse(List.of()));
    views.stream()
        .filter(view -> view.isBest() || invocation.has(ALL))
        .forEach(view -> output.row(RouteRows.learned(view)));
  }
}
