// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;

/** The class loaders of bundles that are gone: whether they are out of memory. Thread-safe. */
final class Retired {
  private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

  /** Before the bundle is uninstalled. */
  synchronized void add(Bundle bundle) {
    BundleWiring wiring = bundle.adapt(BundleWiring.class);
    if (wiring != null && wiring.getClassLoader() != null) {
      loaders.add(new WeakReference<>(wiring.getClassLoader()));
    }
  }

  /** How many are still there; the collector may just not have come by yet. */
  synchronized int inMemory() {
    loaders.removeIf(loader -> loader.refersTo(null));
    return loaders.size();
  }
}
