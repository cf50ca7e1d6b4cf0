// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.sharing.RouteSource;
import io.margay.core.RouteExchange;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code route:forget}. */
@Component
public final class RouteForget implements Command {
  private record Forgotten(String source) {}

  private final RouteExchange exchange;

  @Activate
  public RouteForget(@Reference RouteExchange exchange) {
    this.exchange = exchange;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("route", "forget", "drop what is kept of a route sharing that is gone")
        .changing()
        .withArgument("source", "a route sharing that is not in sync, or kernel: what was found")
        .withExample("route:forget bgp");
  }

  @Override
  public List<String> complete(String name) {
    List<String> sources = new ArrayList<>(exchange.awaited());
    sources.add(RouteSource.KERNEL);
    return sources;
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String source = invocation.argument("source");
    if (!complete("source").contains(source)) {
      throw new CommandException(
          "source: "
              + source
              + " (expected: one of "
              + String.join(", ", complete("source"))
              + ")");
    }
    exchange.forget(source);
    output.result("what was kept of " + source + " is let go", new Forgotten(source));
  }
}
