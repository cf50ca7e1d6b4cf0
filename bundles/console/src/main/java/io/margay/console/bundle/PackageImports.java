// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code package:imports}. */
@Component
public final class PackageImports implements Command {
  private static final String BUNDLE = "bundle";

  private record Row(
      String bundle,
      String name,
      Optional<String> wants,
      Optional<String> has,
      Optional<String> from) {}

  private final BundleContext context;

  @Activate
  public PackageImports(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("package", "imports", "list the packages that bundles import, and whose")
        .withOptionalArgument(BUNDLE, "only those of this bundle, such as vxlan")
        .withRows(Row.class)
        .withExample("package:imports vxlan");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(BUNDLE) ? Bundles.names(context) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<String> name = invocation.value(BUNDLE);
    List<Bundle> bundles =
        name.isPresent()
            ? List.of(Bundles.find(context, name.get()))
            : List.of(context.getBundles());
    List<Row> rows = new ArrayList<>();
    bundles.forEach(bundle -> rows.addAll(rows(bundle)));
    rows.sort(Comparator.comparing(Row::bundle).thenComparing(Row::name));
    rows.forEach(output::row);
  }

  private static List<Row> rows(Bundle bundle) {
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    return revision == null
        ? List.of()
        : revision.getDeclaredRequirements(PackageNamespace.PACKAGE_NAMESPACE).stream()
            .filter(wanted -> !"dynamic".equals(wanted.getDirectives().get("resolution")))
            .map(wanted -> row(bundle, wanted))
            .filter(row -> !row.name().startsWith("java.")) // Each bundle has them.
            .toList();
  }

  private static Row row(Bundle bundle, BundleRequirement requirement) {
    Wanted wanted = Wanted.of(requirement);
    Optional<BundleWire> wire = wire(bundle, requirement);
    return new Row(
        Bundles.name(bundle),
        wanted.name(),
        wanted.range(),
        wire.map(
            w ->
                w.getCapability()
                    .getAttributes()
                    .get(PackageNamespace.CAPABILITY_VERSION_ATTRIBUTE)
                    .toString()),
        wire.map(w -> Bundles.name(w.getProvider().getBundle())));
  }

  /** Where it is from: nowhere for what is optional and not there, or while it is unresolved. */
  private static Optional<BundleWire> wire(Bundle bundle, BundleRequirement requirement) {
    BundleWiring wiring = bundle.adapt(BundleWiring.class);
    return wiring == null
        ? Optional.empty()
        : wiring.getRequiredWires(PackageNamespace.PACKAGE_NAMESPACE).stream()
            .filter(wire -> wire.getRequirement().equals(requirement))
            .findFirst();
  }
}
