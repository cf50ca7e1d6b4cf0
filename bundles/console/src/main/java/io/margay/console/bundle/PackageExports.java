// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code package:exports}. */
@Component
public final class PackageExports implements Command {
  private static final String PART = "package";

  private record Row(String name, String version, String bundle, List<String> usedBy) {}

  private final BundleContext context;

  @Activate
  public PackageExports(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("package", "exports", "list the packages that bundles export")
        .withOptionalArgument(PART, "only packages whose name contains this")
        .withRows(Row.class)
        .withExample("package:exports io.margay.api");
  }

  @Override
  public List<String> complete(String name) {
    return rows("").stream().map(Row::name).distinct().toList();
  }

  @Override
  public void run(Invocation invocation, Output output) {
    rows(invocation.value(PART).orElse("")).forEach(output::row);
  }

  private List<Row> rows(String part) {
    List<Row> rows = new ArrayList<>();
    for (Bundle bundle : context.getBundles()) {
      BundleWiring wiring = bundle.adapt(BundleWiring.class);
      if (wiring != null) { // It resolves, and is no fragment.
        for (BundleCapability export : wiring.getCapabilities(PackageNamespace.PACKAGE_NAMESPACE)) {
          String name = (String) export.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE);
          if (name.contains(part) && !name.startsWith("java.")) { // Each bundle has those.
            rows.add(row(name, export, bundle, wiring));
          }
        }
      }
    }
    rows.sort(Comparator.comparing(Row::name).thenComparing(Row::bundle));
    return rows;
  }

  private static Row row(String name, BundleCapability export, Bundle bundle, BundleWiring wiring) {
    List<String> users =
        wiring.getProvidedWires(PackageNamespace.PACKAGE_NAMESPACE).stream()
            .filter(wire -> wire.getCapability().equals(export))
            .map(BundleWire::getRequirer)
            .map(requirer -> Bundles.name(requirer.getBundle()))
            .distinct()
            .sorted()
            .toList();
    Object version = export.getAttributes().get(PackageNamespace.CAPABILITY_VERSION_ATTRIBUTE);
    return new Row(name, String.valueOf(version), Bundles.name(bundle), users);
  }
}
