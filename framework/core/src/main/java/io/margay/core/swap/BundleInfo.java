// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.Owner;
import io.margay.core.ModeState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bundle:info}: what a bundle is, wants, may have and has. */
@Component
public final class BundleInfo implements Command {
  private static final String NAME = "name";
  private static final Pattern API_IMPORT =
      Pattern.compile("(io\\.margay\\.api\\.\\w+)(?:;[\\w:-]+:?=(?:\"[^\"]*\"|[^;,]*))*");
  private static final Pattern VERSION = Pattern.compile("version=\"([^\"]*)\"");

  private record Row(String property, String value) {}

  private final Deployment deployment;
  private final Dataplane dataplane;

  @Activate
  public BundleInfo(@Reference Deployment deployment, @Reference Dataplane dataplane) {
    this.deployment = deployment;
    this.dataplane = dataplane;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bundle", "info", "say what a bundle is, wants, may own and has")
        .withArgument(NAME, "name of the bundle, such as vxlan")
        .withRows(Row.class)
        .withExample("bundle:info vxlan");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? deployment.names() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    try {
      Bundle bundle = deployment.find(invocation.argument(NAME));
      rows(bundle).forEach((property, value) -> output.row(new Row(property, value)));
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandException("the jar cannot be read: " + e.getMessage(), e);
    }
  }

  private Map<String, String> rows(Bundle bundle)
      throws SwapException, InterruptedException, IOException {
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("name", bundle.getSymbolicName());
    rows.put("version", bundle.getVersion().toString());
    rows.put("active", bundle.getState() == Bundle.ACTIVE ? "yes" : "no");
    rows.put("since", Instant.ofEpochMilli(bundle.getLastModified()).toString());
    String file = BundleLife.file(bundle);
    if (!file.isEmpty()) {
      rows.put("file", file);
      rows.put("sha256", JarFacts.sha256(Path.of(file)));
      rows.put("signer", deployment.signer(bundle));
    }
    rows.put("provides", String.join(", ", Promise.interfaces(bundle)));
    api(bundle).forEach((name, wanted) -> rows.put(name, wanted));
    modes(bundle, rows);
    return rows;
  }

  /** Packages of the API that it imports: the range it wants, and what it got. */
  private static Map<String, String> api(Bundle bundle) {
    Map<String, String> packages = new TreeMap<>();
    String header = bundle.getHeaders("").get(Constants.IMPORT_PACKAGE);
    Matcher clause = API_IMPORT.matcher(header == null ? "" : header);
    Map<String, String> offered = Promise.exported(bundle.getBundleContext());
    while (clause.find()) {
      Matcher version = VERSION.matcher(clause.group());
      String name = clause.group(1);
      packages.put(
          name,
          "wants "
              + (version.find() ? version.group(1) : "any")
              + ", this agent has "
              + offered.getOrDefault(name, "none"));
    }
    return packages;
  }

  private void modes(Bundle bundle, Map<String, String> rows)
      throws SwapException, InterruptedException {
    for (ModeState mode : deployment.modes().states(bundle)) {
      Grant grant = mode.provider().grant();
      String pools =
          mode.pools().isEmpty() ? "no pool" : String.join(", ", new TreeSet<>(mode.pools()));
      rows.put("mode " + mode.mode(), (mode.isActive() ? "plans for " : "stands by for ") + pools);
      rows.put("may own", grant + (grant.isDeclared() ? "" : " (not declared)"));
      rows.put("owns", owned(mode.mode()));
    }
  }

  /** What the mode has declared, counted by kind. */
  private String owned(String mode) {
    DesiredState state = dataplane.desired().getOrDefault(Owner.mode(mode), DesiredState.EMPTY);
    Map<String, Long> counts =
        state.objects().stream()
            .collect(
                Collectors.groupingBy(
                    o -> o.kind().name().toLowerCase(Locale.ROOT),
                    TreeMap::new,
                    Collectors.counting()));
    return counts.isEmpty()
        ? "nothing"
        : counts.entrySet().stream()
            .map(e -> e.getValue() + " " + e.getKey())
            .collect(Collectors.joining(", "));
  }
}
