// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** Says why a bundle, or a component of one, does not run. */
record Diagnosis(BundleContext context, ServiceComponentRuntime components) {
  private static final String SERVICE_NAMESPACE = "osgi.service";

  /**
   * What is wrong.
   *
   * @param component which of the bundle; empty when it is the bundle itself
   */
  record Finding(Optional<String> component, String why) {}

  /** All that keeps this bundle from doing its work; empty when nothing does. */
  List<Finding> of(Bundle bundle) {
    if (Bundles.isFragment(bundle) && bundle.getState() == Bundle.RESOLVED) {
      return List.of();
    }
    return switch (bundle.getState()) {
      case Bundle.ACTIVE -> componentsOf(bundle);
      case Bundle.STARTING -> itself("is starting");
      case Bundle.STOPPING -> itself("is stopping");
      case Bundle.INSTALLED -> itself(unresolved(bundle));
      case Bundle.RESOLVED ->
          BundleWork.isToRun(bundle)
              ? itself("is stopped (see bundle:start " + Bundles.name(bundle) + ")")
              : List.of(); // A library.
      default -> itself("is uninstalled");
    };
  }

  private static List<Finding> itself(String why) {
    return List.of(new Finding(Optional.empty(), why));
  }

  private String unresolved(Bundle bundle) {
    FrameworkWiring wiring = context.getBundle(0).adapt(FrameworkWiring.class);
    String missing =
        bundle.adapt(BundleRevision.class).getDeclaredRequirements(null).stream()
            .filter(r -> !"optional".equals(r.getDirectives().get("resolution")))
            .filter(r -> !"dynamic".equals(r.getDirectives().get("resolution")))
            .filter(r -> wiring.findProviders(r).isEmpty())
            .map(Diagnosis::text)
            .collect(Collectors.joining(" and "));
    return missing.isEmpty()
        ? "does not resolve, though each thing it wants is there: they do not fit each other"
        : "does not resolve: no bundle has " + missing;
  }

  private static String text(BundleRequirement requirement) {
    return requirement.getNamespace().equals(PackageNamespace.PACKAGE_NAMESPACE)
        ? Wanted.of(requirement).toString()
        : requirement.getNamespace() + " " + requirement.getDirectives().get("filter");
  }

  /** Components that wait for others of their bundle are named when nothing else is wrong. */
  private List<Finding> componentsOf(Bundle bundle) {
    Map<String, Finding> causes = new TreeMap<>();
    Map<String, Finding> consequences = new TreeMap<>();
    for (ComponentDescriptionDTO component : components.getComponentDescriptionDTOs(bundle)) {
      for (ComponentConfigurationDTO made : components.getComponentConfigurationDTOs(component)) {
        problem(component, made)
            .ifPresent(
                why -> causes.put(component.name, new Finding(Optional.of(component.name), why)));
        List<String> inside = awaited(bundle, component, made, true);
        if (!causes.containsKey(component.name) && !inside.isEmpty()) {
          consequences.put(
              component.name, new Finding(Optional.of(component.name), String.join("; ", inside)));
        }
      }
    }
    return List.copyOf((causes.isEmpty() ? consequences : causes).values());
  }

  private Optional<String> problem(
      ComponentDescriptionDTO component, ComponentConfigurationDTO made) {
    return switch (made.state) {
      case ComponentConfigurationDTO.FAILED_ACTIVATION -> Optional.of("fails: " + cause(made));
      case ComponentConfigurationDTO.UNSATISFIED_CONFIGURATION ->
          Optional.of(
              "waits for the configuration " + String.join(", ", component.configurationPid));
      case ComponentConfigurationDTO.UNSATISFIED_REFERENCE -> {
        Bundle bundle = context.getBundle(component.bundle.id);
        List<String> outside = bundle == null ? List.of() : awaited(bundle, component, made, false);
        yield outside.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", outside));
      }
      default -> Optional.empty();
    };
  }

  /**
   * The services that a component waits for, in words.
   *
   * @param isInside whether those of its own bundle, or those of others and of nobody
   */
  private List<String> awaited(
      Bundle bundle,
      ComponentDescriptionDTO component,
      ComponentConfigurationDTO made,
      boolean isInside) {
    List<String> awaited = new ArrayList<>();
    for (UnsatisfiedReferenceDTO reference : made.unsatisfiedReferences) {
      String service = service(component, reference);
      List<Bundle> providers =
          Stream.of(context.getBundles()).filter(b -> canProvide(b, service)).toList();
      if (providers.contains(bundle) == isInside) {
        String target = reference.target == null ? "" : " " + reference.target;
        awaited.add("waits for " + service + target + from(providers));
      }
    }
    return awaited.stream().distinct().toList();
  }

  private static String from(List<Bundle> providers) {
    return providers.isEmpty()
        ? ", which no bundle here provides"
        : providers.stream()
            .map(
                b ->
                    Bundles.name(b) + (b.getState() == Bundle.ACTIVE ? "" : ", which does not run"))
            .collect(Collectors.joining(" or ", " of ", ""));
  }

  private static String service(
      ComponentDescriptionDTO component, UnsatisfiedReferenceDTO unsatisfied) {
    return Stream.of(component.references)
        .filter(reference -> reference.name.equals(unsatisfied.name))
        .map((ReferenceDTO reference) -> reference.interfaceName)
        .findFirst()
        .orElse(unsatisfied.name);
  }

  /** By what its manifest says: the components of a stopped bundle are not known. */
  private static boolean canProvide(Bundle bundle, String service) {
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    return revision != null
        && revision.getDeclaredCapabilities(SERVICE_NAMESPACE).stream()
            .map(capability -> capability.getAttributes().get(Constants.OBJECTCLASS))
            .anyMatch(names -> names instanceof List<?> list && list.contains(service));
  }

  /** The deepest cause: a stack trace is for the log. */
  private static String cause(ComponentConfigurationDTO made) {
    String text = made.failure == null ? "" : made.failure;
    return text.lines()
        .filter(line -> line.startsWith("Caused by: "))
        .map(line -> line.substring("Caused by: ".length()))
        .reduce((first, deeper) -> deeper)
        .or(() -> text.lines().findFirst())
        .orElse("for a reason that the log says");
  }
}
