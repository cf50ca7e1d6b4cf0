// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.health.HealthCheck;
import io.margay.api.health.MetricSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;

/** Bundles by the names that people call them, and what they do for each other. */
final class Bundles {
  private static final Map<Integer, String> STATES =
      Map.of(
          Bundle.UNINSTALLED, "UNINSTALLED",
          Bundle.INSTALLED, "INSTALLED",
          Bundle.RESOLVED, "RESOLVED",
          Bundle.STARTING, "STARTING",
          Bundle.STOPPING, "STOPPING",
          Bundle.ACTIVE, "ACTIVE");

  /** Nobody works less well without these. */
  private static final Set<String> FOR_PEOPLE =
      Set.of(Command.class.getName(), HealthCheck.class.getName(), MetricSource.class.getName());

  private Bundles() {}

  /** The bundle of this name; {@code vxlan} stands for {@code io.margay.vxlan}. */
  static Bundle find(BundleContext context, String name) throws CommandException {
    List<Bundle> all = List.of(context.getBundles());
    return Stream.of(name, "io.margay." + name.replace('-', '.'))
        .flatMap(wanted -> all.stream().filter(b -> wanted.equals(b.getSymbolicName())))
        .findFirst()
        .orElseThrow(
            () -> new CommandException(name + ": no such bundle (expected: one of bundle:list)"));
  }

  /** Symbolic names of all bundles. */
  static List<String> names(BundleContext context) {
    return Stream.of(context.getBundles()).map(Bundles::name).toList();
  }

  static String name(Bundle bundle) {
    String name = bundle.getSymbolicName();
    return name == null ? bundle.getLocation() : name;
  }

  /** A fragment is never active: that it is attached is as good. */
  static String state(Bundle bundle) {
    String state = STATES.getOrDefault(bundle.getState(), "UNKNOWN");
    return isFragment(bundle) && state.equals("RESOLVED") ? "ATTACHED" : state;
  }

  static boolean isFragment(Bundle bundle) {
    return bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
  }

  /** Which other bundles use which services of this one, beside what is there for people. */
  static Map<String, Set<String>> users(Bundle bundle) {
    Map<String, Set<String>> users = new TreeMap<>();
    for (ServiceReference<?> reference : references(bundle.getRegisteredServices())) {
      for (Bundle user : others(reference, bundle)) {
        for (String name : interfaces(reference)) {
          if (name.startsWith("io.margay.api.") && !FOR_PEOPLE.contains(name)) {
            users.computeIfAbsent(name(user), any -> new TreeSet<>()).add(name);
          }
        }
      }
    }
    return users;
  }

  static List<String> interfaces(ServiceReference<?> reference) {
    return List.of((String[]) reference.getProperty(Constants.OBJECTCLASS));
  }

  /** The bundles that use a service, without the one that provides it. */
  static List<Bundle> others(ServiceReference<?> reference, Bundle provider) {
    Bundle[] using = reference.getUsingBundles();
    return using == null ? List.of() : Stream.of(using).filter(b -> b != provider).toList();
  }

  /** The framework says null for none. */
  static List<ServiceReference<?>> references(ServiceReference<?>[] references) {
    return references == null ? List.of() : List.of(references);
  }
}
