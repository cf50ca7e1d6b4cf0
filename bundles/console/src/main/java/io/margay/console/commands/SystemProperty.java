// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.node.NodeProperties;
import io.margay.console.audit.Secrets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code system:property}: reads only; what changes anything is configuration. */
@Component
public final class SystemProperty implements Command {
  private static final String PART = "name";

  private record Row(String name, String value) {}

  private final BundleContext context;

  @Activate
  public SystemProperty(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("system", "property", "list properties of the agent and of its Java")
        .withOptionalArgument(PART, "only properties whose name contains this")
        .withRows(Row.class)
        .withExample("system:property margay");
  }

  @Override
  public List<String> complete(String name) {
    return List.copyOf(all().keySet());
  }

  @Override
  public void run(Invocation invocation, Output output) {
    String part = invocation.value(PART).orElse("");
    all()
        .forEach(
            (name, value) -> {
              if (name.contains(part)) {
                output.row(new Row(name, masked(name, value)));
              }
            });
  }

  private Map<String, String> all() {
    Map<String, String> all = new TreeMap<>();
    System.getProperties().forEach((name, value) -> all.put(name.toString(), value.toString()));
    Stream.of(
            NodeProperties.NODE,
            NodeProperties.STATE,
            NodeProperties.STORE,
            NodeProperties.HOME,
            NodeProperties.ETC,
            NodeProperties.STARTED)
        .forEach(name -> all.put(name, context.getProperty(name)));
    return all;
  }

  /** Also in a value of several words, such as the command line of the agent. */
  static String masked(String name, String value) {
    String whole = Secrets.mask(List.of(name + "=" + value)).get(0).substring(name.length() + 1);
    return whole.equals(value)
        ? String.join(" ", Secrets.mask(List.of(value.split(" ", -1))))
        : whole;
  }
}
