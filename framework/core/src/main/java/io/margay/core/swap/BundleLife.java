// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Installs, starts, stops and removes bundles. What a bundle does then runs on a thread of its own,
 * which may hang: the swap goes on without it.
 */
final class BundleLife {
  private static final Logger LOG = LoggerFactory.getLogger(BundleLife.class);
  private static final long DEADLINE_SECONDS = 10;

  /** Something that a bundle may hang in or throw from. */
  private interface Step {
    void run() throws BundleException;
  }

  private final BundleContext context;

  BundleLife(BundleContext context) {
    this.context = context;
  }

  /** The bundle of this name; of several the one that was installed first. */
  Optional<Bundle> find(String name) {
    return List.of(context.getBundles()).stream()
        .filter(b -> name.equals(b.getSymbolicName()))
        .findFirst();
  }

  /** Where the framework finds the jar: it is read where it is, and not copied. */
  static String location(Path jar) {
    return "reference:" + jar.toUri();
  }

  /** The jar of an installed bundle; empty when it is none of a file. */
  static String file(Bundle bundle) {
    String prefix = "reference:file:";
    String location = bundle.getLocation();
    return location.startsWith(prefix)
        ? Path.of(URI.create(location.substring("reference:".length()))).toString()
        : "";
  }

  /** Installs the jar where it is, and resolves it. */
  Bundle install(Path jar) throws SwapException {
    Bundle bundle;
    try {
      bundle = context.installBundle(location(jar));
    } catch (BundleException | IllegalStateException e) {
      throw new SwapException(jar.getFileName() + " cannot be installed: " + e.getMessage(), e);
    }
    if (!wiring().resolveBundles(List.of(bundle))) {
      String why = unresolved(bundle);
      remove(bundle);
      throw new SwapException(jar.getFileName() + " does not resolve: " + why);
    }
    return bundle;
  }

  void start(Bundle bundle) throws SwapException {
    run(bundle, "start", bundle::start);
  }

  void stop(Bundle bundle) throws SwapException {
    run(bundle, "stop", bundle::stop);
  }

  /**
   * Uninstalls a bundle and lets go of its classes. Nobody else is touched.
   *
   * @return what could not be done, in a sentence
   */
  Optional<String> remove(Bundle bundle) {
    try {
      run(bundle, "uninstall", bundle::uninstall);
    } catch (SwapException e) {
      return Optional.of(e.getMessage());
    }
    Collection<Bundle> touched = wiring().getDependencyClosure(List.of(bundle));
    if (!Set.copyOf(touched).equals(Set.of(bundle))) {
      // Gatekeeper.checkUsers was to prevent it. Their refresh would stop them all.
      return Optional.of("its classes stay until the agent restarts: in use by " + touched);
    }
    CompletableFuture<Void> refreshed = new CompletableFuture<>();
    wiring()
        .refreshBundles(
            List.of(bundle),
            event -> {
              if (event.getType() == FrameworkEvent.PACKAGES_REFRESHED) {
                refreshed.complete(null);
              }
            });
    try {
      refreshed.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
      return Optional.empty();
    } catch (TimeoutException | ExecutionException e) {
      return Optional.of("its classes are still held after " + DEADLINE_SECONDS + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  private FrameworkWiring wiring() {
    return context.getBundle(0).adapt(FrameworkWiring.class);
  }

  /** What the bundle imports and nobody exports; a version of our API that we do not have first. */
  private String unresolved(Bundle bundle) {
    Map<String, String> offered = Promise.exported(context);
    List<String> missing = new ArrayList<>();
    for (BundleRequirement requirement :
        bundle
            .adapt(BundleRevision.class)
            .getDeclaredRequirements(PackageNamespace.PACKAGE_NAMESPACE)) {
      if (wiring().findProviders(requirement).isEmpty() && !isOptional(requirement)) {
        missing.add(text(requirement, offered));
      }
    }
    return missing.isEmpty() ? startFailure(bundle) : "it wants " + String.join(" and ", missing);
  }

  private static boolean isOptional(BundleRequirement requirement) {
    return "optional".equals(requirement.getDirectives().get("resolution"));
  }

  private static String text(BundleRequirement requirement, Map<String, String> offered) {
    String filter = requirement.getDirectives().get("filter");
    String name = filter.replaceAll(".*osgi\\.wiring\\.package=([^)]*)\\).*", "$1");
    String from = filter.replaceAll(".*?\\(version>=([^)]*)\\).*", "$1");
    String wanted = from.equals(filter) ? name : name + " " + from;
    String has = offered.get(name);
    String isApi = name.startsWith("io.margay.api.") ? "; upgrade the agent" : "";
    return wanted + ", and this agent has " + (has == null ? "none" : has) + isApi;
  }

  /** For what is missing and is no package, the framework says why when one tries. */
  private static String startFailure(Bundle bundle) {
    try {
      bundle.start();
      return "unknown";
    } catch (BundleException e) {
      return e.getMessage();
    }
  }

  private static void run(Bundle bundle, String verb, Step step) throws SwapException {
    String name = bundle.getSymbolicName();
    try {
      Bounded.within(
          DEADLINE_SECONDS,
          verb + "-" + name,
          () -> {
            step.run();
            return null;
          });
    } catch (TimeoutException e) {
      LOG.warn("Bundle hangs bundle={} verb={} seconds={}", name, verb, DEADLINE_SECONDS);
      throw new SwapException(
          Promise.title(bundle) + " hangs in " + verb + " for more than " + DEADLINE_SECONDS + " s",
          e);
    } catch (ExecutionException e) {
      throw new SwapException(
          Promise.title(bundle) + " fails in " + verb + ": " + reason(e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SwapException("interrupted in " + verb + " of " + name, e);
    }
  }

  private static String reason(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest instanceof BundleException ? deepest.getMessage() : deepest.toString();
  }
}
