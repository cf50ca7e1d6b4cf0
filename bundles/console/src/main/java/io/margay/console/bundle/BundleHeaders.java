// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.Collections;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code bundle:headers}. */
@Component
public final class BundleHeaders implements Command {
  private static final String NAME = "name";

  private record Row(String header, String value) {}

  private final BundleContext context;

  @Activate
  public BundleHeaders(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bundle", "headers", "list what the manifest of a bundle says")
        .withArgument(NAME, "name of the bundle, such as vxlan")
        .withRows(Row.class)
        .withExample("bundle:headers vxlan")
        .withExample("bundle:headers vxlan | grep Import");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? Bundles.names(context) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Dictionary<String, String> headers =
        Bundles.find(context, invocation.argument(NAME)).getHeaders("");
    Map<String, String> sorted = new TreeMap<>();
    Collections.list(headers.keys()).forEach(key -> sorted.put(key, headers.get(key)));
    sorted.forEach((header, value) -> output.row(new Row(header, value)));
  }
}
