// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code bundle:services}. */
@Component
public final class BundleServices implements Command {
  private static final String NAME = "name";

  private enum Way {
    PROVIDES,
    USES
  }

  private record Row(Way way, long id, List<String> interfaces, List<String> bundles) {}

  private final BundleContext context;

  @Activate
  public BundleServices(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bundle", "services", "list the services that a bundle provides and uses")
        .withArgument(NAME, "name of the bundle, such as vxlan")
        .withRows(Row.class)
        .withExample("bundle:services ipam");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? Bundles.names(context) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Bundle bundle = Bundles.find(context, invocation.argument(NAME));
    for (ServiceReference<?> reference : Bundles.references(bundle.getRegisteredServices())) {
      List<Bundle> users = Bundles.others(reference, bundle);
      output.row(row(Way.PROVIDES, reference, users));
    }
    for (ServiceReference<?> reference : Bundles.references(bundle.getServicesInUse())) {
      Bundle provider = reference.getBundle();
      if (provider != null && provider != bundle) {
        output.row(row(Way.USES, reference, List.of(provider)));
      }
    }
  }

  private static Row row(Way way, ServiceReference<?> reference, List<Bundle> bundles) {
    return new Row(
        way,
        (long) reference.getProperty(Constants.SERVICE_ID),
        Bundles.interfaces(reference),
        bundles.stream().map(Bundles::name).toList());
  }
}
