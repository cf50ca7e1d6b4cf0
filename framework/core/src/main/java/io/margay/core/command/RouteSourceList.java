// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.NextHop;
import io.margay.api.sharing.RouteSource;
import io.margay.api.sharing.RouteSources;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code route:sources}. */
@Component
public final class RouteSourceList implements Command {
  private record Row(
      String destination, String pool, String source, String nextHops, String detail) {}

  private static final String NOT_USED = "not used";

  private final RouteSources sources;

  @Activate
  public RouteSourceList(@Reference RouteSources sources) {
    this.sources = sources;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("route", "sources", "list whom this node believes about each destination")
        .withOption("source", "SOURCE", "only those of this source: store, bgp, kernel, 'not used'")
        .withRows(Row.class)
        .withExample("route:sources")
        .withExample("route:sources --source bgp");
  }

  @Override
  public List<String> complete(String name) {
    return sources.routeSources().stream()
        .map(source -> source.source().orElse(NOT_USED))
        .distinct()
        .sorted()
        .toList();
  }

  @Override
  public void run(Invocation invocation, Output output) {
    Optional<String> only = invocation.value("source");
    sources.routeSources().stream()
        .map(RouteSourceList::row)
        .filter(row -> only.isEmpty() || only.get().equals(row.source()))
        .forEach(output::row);
    if (!sources.awaited().isEmpty()) {
      output.message(
          "not in sync: "
              + String.join(", ", sources.awaited())
              + "; what was learned before stays in force");
    }
  }

  private static Row row(RouteSource source) {
    return new Row(
        source.destination().toString(),
        source.pool().orElse(""),
        source.source().orElse(NOT_USED),
        source.nextHops().stream().map(NextHop::toString).collect(Collectors.joining(", ")),
        source.detail());
  }
}
