// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.health.HealthCheck;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/** What a swap works with: the framework, and those who know how the node is. */
record Platform(
    BundleContext context,
    BundleLife life,
    Gatekeeper gatekeeper,
    ServiceComponentRuntime components,
    ModeAnswers modes,
    Retired retired,
    Clock clock) {

  /** The health checks of all bundles. */
  List<HealthCheck> checks() {
    List<HealthCheck> checks = new ArrayList<>();
    try {
      for (ServiceReference<HealthCheck> reference :
          context.getServiceReferences(HealthCheck.class, null)) {
        HealthCheck check = context.getService(reference);
        if (check != null) {
          checks.add(check);
          context.ungetService(reference); // Others use it: it is not made anew.
        }
      }
    } catch (InvalidSyntaxException e) {
      throw new AssertionError("no filter, no syntax", e);
    }
    return checks;
  }
}
