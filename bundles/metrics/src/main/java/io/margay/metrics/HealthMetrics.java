// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.service.component.ComponentServiceObjects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code health:metrics}: what is served over HTTP, for who has none. */
@Component
public final class HealthMetrics implements Command {
  private record Row(String name, Map<String, String> labels, double value) {}

  private final ComponentServiceObjects<Collector> collectors;

  @Activate
  public HealthMetrics(@Reference ComponentServiceObjects<Collector> collectors) {
    this.collectors = collectors;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("health", "metrics", "list the metrics of this node")
        .withOptionalArgument("name", "part of the name")
        .withRows(Row.class)
        .withExample("health:metrics pool");
  }

  @Override
  public List<String> complete(String name) {
    return rows("").stream().map(Row::name).distinct().toList();
  }

  @Override
  public void run(Invocation invocation, Output output) {
    rows(invocation.value("name").orElse("")).forEach(output::row);
  }

  private List<Row> rows(String part) {
    List<Row> rows = new ArrayList<>();
    Collector collector = collectors.getService();
    try {
      collector.collect(
          (name, labels, value) -> {
            if (name.contains(part)) {
              rows.add(new Row(name, new TreeMap<>(labels), value));
            }
          });
    } finally {
      collectors.ungetService(collector);
    }
    rows.sort(Comparator.comparing(Row::name));
    return rows;
  }
}
