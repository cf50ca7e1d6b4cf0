// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/** {@code bundle:diag}. */
@Component
public final class BundleDiag implements Command {
  private static final String NAME = "name";

  private record Row(String bundle, String state, String problem, List<String> components) {}

  private final BundleContext context;
  private final Diagnosis diagnosis;

  @Activate
  public BundleDiag(BundleContext context, @Reference ServiceComponentRuntime components) {
    this.context = context;
    this.diagnosis = new Diagnosis(context, components);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bundle", "diag", "say why bundles, or components of them, do not run")
        .withOptionalArgument(NAME, "name of the bundle; without it all that have a problem")
        .withRows(Row.class)
        .withExample("bundle:diag")
        .withExample("bundle:diag vxlan");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? Bundles.names(context) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<String> name = invocation.value(NAME);
    List<Bundle> bundles =
        name.isPresent()
            ? List.of(Bundles.find(context, name.get()))
            : List.of(context.getBundles());
    boolean isWell = true;
    for (Bundle bundle : bundles) {
      for (Row row : rows(bundle)) {
        isWell = false;
        output.row(row);
      }
    }
    if (isWell) {
      output.message(
          name.isEmpty()
              ? "no bundle has a problem"
              : Bundles.name(bundles.get(0))
                  + " is "
                  + Bundles.state(bundles.get(0))
                  + " and has no problem");
    }
  }

  /** A row for each problem: components often wait for the same. */
  private List<Row> rows(Bundle bundle) {
    Map<String, List<String>> components = new LinkedHashMap<>();
    for (Diagnosis.Finding finding : diagnosis.of(bundle)) {
      List<String> with = components.computeIfAbsent(finding.why(), any -> new ArrayList<>());
      finding.component().ifPresent(with::add);
    }
    return components.entrySet().stream()
        .map(e -> new Row(Bundles.name(bundle), Bundles.state(bundle), e.getKey(), e.getValue()))
        .toList();
  }
}
