// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code service:list}. */
@Component
public final class ServiceList implements Command {
  private static final String INTERFACE = "interface";

  private record Row(long id, List<String> interfaces, String bundle, List<String> usedBy) {}

  private final BundleContext context;

  @Activate
  public ServiceList(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("service", "list", "list the services by which bundles work together")
        .withOptionalArgument(INTERFACE, "only interfaces whose name contains this")
        .withRows(Row.class)
        .withExample("service:list io.margay.api");
  }

  @Override
  public List<String> complete(String name) {
    return references().flatMap(reference -> interfaces(reference).stream()).distinct().toList();
  }

  @Override
  public void run(Invocation invocation, Output output) {
    String part = invocation.value(INTERFACE).orElse("");
    references()
        .filter(reference -> interfaces(reference).stream().anyMatch(n -> n.contains(part)))
        .map(ServiceList::row)
        .sorted(Comparator.comparingLong(Row::id))
        .forEach(output::row);
  }

  private Stream<ServiceReference<?>> references() {
    try {
      ServiceReference<?>[] all = context.getAllServiceReferences(null, null);
      return all == null ? Stream.of() : Arrays.stream(all);
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e); // There is no filter.
    }
  }

  private static List<String> interfaces(ServiceReference<?> reference) {
    return List.of((String[]) reference.getProperty(Constants.OBJECTCLASS));
  }

  private static Row row(ServiceReference<?> reference) {
    Bundle[] users = reference.getUsingBundles();
    return new Row(
        (long) reference.getProperty(Constants.SERVICE_ID),
        interfaces(reference),
        name(reference.getBundle()),
        users == null ? List.of() : Arrays.stream(users).map(ServiceList::name).toList());
  }

  /** The bundle may go while it is listed. */
  private static String name(Bundle bundle) {
    return bundle == null ? "" : bundle.getSymbolicName();
  }
}
