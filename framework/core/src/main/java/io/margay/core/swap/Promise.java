// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.health.HealthCheck;
import io.margay.api.health.MetricSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a bundle does for the others, and so what another one must do to take its place: the
 * services that it provides, and the components that live without providing any.
 *
 * @param services names of the interfaces
 * @param components names of components that are active or may be at any time
 */
record Promise(Set<String> services, Set<String> components) {
  private static final Logger LOG = LoggerFactory.getLogger(Promise.class);
  private static final long PATIENCE_SECONDS = 5;

  private static final Set<String> FOR_PEOPLE =
      Set.of(Command.class.getName(), HealthCheck.class.getName(), MetricSource.class.getName());

  static final Promise NOTHING = new Promise(Set.of(), Set.of());

  Promise {
    services = Set.copyOf(services);
    components = Set.copyOf(components);
  }

  /** What a running bundle does now for other bundles; what people see of it may change. */
  static Promise of(Bundle bundle, ServiceComponentRuntime components) {
    Set<String> services = new TreeSet<>(interfaces(bundle));
    services.removeAll(FOR_PEOPLE);
    return new Promise(services, satisfied(bundle, components).keySet());
  }

  /**
   * What this bundle does not do of it, in a sentence. Services are got, so that their components
   * are made; they stay in use by the caller until {@code held} is let go of.
   *
   * @param held gets a release for each service
   */
  Optional<String> missing(
      Bundle bundle,
      BundleContext context,
      ServiceComponentRuntime components,
      Map<ServiceReference<?>, Runnable> held)
      throws InterruptedException {
    if (bundle.getState() != Bundle.ACTIVE) {
      return Optional.of(title(bundle) + " is not active");
    }
    Optional<String> failed = failure(bundle, components);
    if (failed.isPresent()) {
      return failed;
    }
    for (ServiceReference<?> reference : registered(bundle)) {
      if (!held.containsKey(reference)) {
        if (get(context, reference) == null) {
          return failure(bundle, components)
              .or(() -> Optional.of(title(bundle) + " does not provide " + interfaces(reference)));
        }
        held.put(reference, () -> context.ungetService(reference));
      }
    }
    Set<String> lacking = new TreeSet<>(services);
    lacking.removeAll(interfaces(bundle));
    if (!lacking.isEmpty()) {
      return Optional.of(title(bundle) + " does not provide " + String.join(", ", lacking));
    }
    Set<String> absent = new TreeSet<>(this.components);
    absent.retainAll(described(bundle, components));
    absent.removeAll(satisfied(bundle, components).keySet());
    return absent.isEmpty()
        ? Optional.empty()
        : Optional.of(title(bundle) + ": not satisfied: " + String.join(", ", absent));
  }

  /** The service, whose component is made for it; null when that fails or takes too long. */
  private static Object get(BundleContext context, ServiceReference<?> reference)
      throws InterruptedException {
    try {
      return Bounded.within(PATIENCE_SECONDS, "get-service", () -> context.getService(reference));
    } catch (TimeoutException | ExecutionException e) {
      LOG.warn("Service cannot be got service={}", interfaces(reference), e);
      return null;
    }
  }

  /** Whether a bundle provides this service now. */
  static boolean provides(Bundle bundle, Class<?> service) {
    return interfaces(bundle).contains(service.getName());
  }

  /** The health checks that a bundle provides. */
  static List<HealthCheck> checks(Bundle bundle, BundleContext context) {
    List<HealthCheck> checks = new ArrayList<>();
    for (ServiceReference<?> reference : registered(bundle)) {
      if (interfaces(reference).contains(HealthCheck.class.getName())
          && context.getService(reference) instanceof HealthCheck check) {
        checks.add(check);
        context.ungetService(reference); // The swap holds it.
      }
    }
    return checks;
  }

  /** How a bundle is called where people read it. */
  static String title(Bundle bundle) {
    return bundle.getSymbolicName() + " " + bundle.getVersion();
  }

  /** The packages that bundles may import, and their versions. */
  static Map<String, String> exported(BundleContext context) {
    Map<String, String> exported = new TreeMap<>();
    FrameworkWiring wiring = context.getBundle(0).adapt(FrameworkWiring.class);
    for (BundleCapability capability : wiring.findProviders(new AnyPackage())) {
      Map<String, Object> attributes = capability.getAttributes();
      exported.merge(
          (String) attributes.get(PackageNamespace.PACKAGE_NAMESPACE),
          attributes.get(PackageNamespace.CAPABILITY_VERSION_ATTRIBUTE).toString(),
          (one, other) -> one + ", " + other);
    }
    return exported;
  }

  private static Optional<String> failure(Bundle bundle, ServiceComponentRuntime components) {
    for (ComponentDescriptionDTO component : components.getComponentDescriptionDTOs(bundle)) {
      for (ComponentConfigurationDTO made : components.getComponentConfigurationDTOs(component)) {
        if (made.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
          return Optional.of(
              title(bundle) + ": " + component.name + " fails: " + shown(made.failure));
        }
      }
    }
    return Optional.empty();
  }

  /** The first line that says something: a stack trace is for the log. */
  private static String shown(String failure) {
    String cause = failure == null ? "unknown" : failure;
    for (String line : cause.split("\n")) {
      if (line.startsWith("Caused by: ")) {
        cause = line.substring("Caused by: ".length());
      }
    }
    return cause.lines().findFirst().orElse("unknown");
  }

  private static Map<String, Integer> satisfied(Bundle bundle, ServiceComponentRuntime components) {
    Map<String, Integer> states = new HashMap<>();
    for (ComponentDescriptionDTO component : components.getComponentDescriptionDTOs(bundle)) {
      for (ComponentConfigurationDTO made : components.getComponentConfigurationDTOs(component)) {
        if (made.state == ComponentConfigurationDTO.ACTIVE
            || made.state == ComponentConfigurationDTO.SATISFIED) {
          states.put(component.name, made.state);
        }
      }
    }
    return states;
  }

  private static Set<String> described(Bundle bundle, ServiceComponentRuntime components) {
    Set<String> names = new HashSet<>();
    components.getComponentDescriptionDTOs(bundle).forEach(c -> names.add(c.name));
    return names;
  }

  private static List<ServiceReference<?>> registered(Bundle bundle) {
    ServiceReference<?>[] references = bundle.getRegisteredServices();
    return references == null ? List.of() : List.of(references);
  }

  /** Services of the API that a bundle provides now. */
  static Set<String> interfaces(Bundle bundle) {
    Set<String> names = new TreeSet<>();
    registered(bundle).forEach(r -> names.addAll(interfaces(r)));
    return names;
  }

  /** What others may use; classes of the bundle itself are its own affair. */
  private static Set<String> interfaces(ServiceReference<?> reference) {
    Set<String> names = new TreeSet<>();
    for (String name : (String[]) reference.getProperty(Constants.OBJECTCLASS)) {
      if (name.startsWith("io.margay.api.")) {
        names.add(name);
      }
    }
    return names;
  }
}
