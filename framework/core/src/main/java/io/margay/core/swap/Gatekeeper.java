// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.core.trust.RefusedException;
import io.margay.core.trust.Signer;
import io.margay.core.trust.Trust;
import io.margay.core.trust.Trust.Required;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.BundleWiring;

/** Says of a jar or a bundle why it may not be replaced on a running node. */
final class Gatekeeper {
  /** Every bundle is wired to these, or they exist once in a process. */
  private static final Set<String> FIXED =
      Set.of("io.margay.api", "io.margay.core", "io.margay.jnr", "org.xerial.sqlite-jdbc");

  private final Trust trust;
  private final Supplier<Required> required;
  private final Path distribution;

  /**
   * A gatekeeper.
   *
   * @param required what a jar must have now
   * @param distribution folder of bundles that are what they were built as: the launcher has looked
   */
  Gatekeeper(Trust trust, Supplier<Required> required, Path distribution) {
    this.trust = trust;
    this.required = required;
    this.distribution = distribution;
  }

  /** Refuses what takes a restart of the agent, and what nobody here trusts. */
  void check(JarFacts jar) throws SwapException {
    checkReplaceable(jar);
    try {
      if (!jar.file().startsWith(distribution)) {
        trust.check(jar.file(), required.get());
      }
    } catch (RefusedException e) {
      throw new SwapException(e.getMessage(), e);
    }
  }

  /** Who vouches for a bundle, in words. */
  String signer(Path jar) {
    if (jar.startsWith(distribution)) {
      return "part of the distribution, by its sha256";
    }
    try {
      return trust.check(jar, Required.any).map(Signer::name).orElse("unsigned");
    } catch (RefusedException e) {
      return e.getMessage();
    }
  }

  static void checkReplaceable(JarFacts jar) throws SwapException {
    if (FIXED.contains(jar.name()) || !isComponent(jar.name())) {
      throw new SwapException(
          jar.name() + " is what the other bundles stand on: replace it by margay upgrade");
    }
  }

  /** Refuses to replace or remove a bundle whose classes others use: they would have to restart. */
  static void checkUsers(Bundle bundle) throws SwapException {
    BundleWiring wiring = bundle.adapt(BundleWiring.class);
    if (wiring == null) {
      return;
    }
    for (var wire : wiring.getProvidedWires(null)) {
      Bundle user = wire.getRequirer().getBundle();
      if (user != null && !user.equals(bundle)) {
        throw new SwapException(
            bundle.getSymbolicName()
                + " cannot be replaced alone: "
                + user.getSymbolicName()
                + " uses its classes");
      }
    }
  }

  /** Whether it is one of ours or a vendor's, and no library of the platform. */
  private static boolean isComponent(String name) {
    return !name.startsWith("org.apache.felix.")
        && !name.startsWith("org.osgi.")
        && !name.startsWith("org.jline")
        && !name.equals(Constants.SYSTEM_BUNDLE_SYMBOLICNAME);
  }
}
