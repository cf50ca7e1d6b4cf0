// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.DesiredState;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Plan;
import io.margay.api.net.Cidr;
import java.util.Set;
import java.util.stream.Collectors;

/** Refuses plans that would harm: a vendor's mistake must not reach the kernel. */
public final class PlanCheck {
  private PlanCheck() {}

  /**
   * Checks a plan against its view.
   *
   * @throws IllegalArgumentException names the first object that is wrong
   */
  public static void check(CoreModeView view, Plan plan) {
    if (plan == null) {
      throw new IllegalArgumentException("plan: null (expected: a plan)");
    }
    DesiredState.of(plan.standing()); // Refuses two objects with one key.
    Set<Cidr> asked =
        view.destinations().stream().map(Destination::cidr).collect(Collectors.toSet());
    plan.sendings()
        .forEach(
            (cidr, sending) -> {
              if (!asked.contains(cidr) || !sending.route().destination().equals(cidr)) {
                throw new IllegalArgumentException(
                    "destination "
                        + cidr
                        + ": "
                        + sending.route()
                        + " (expected: a route to one"
                        + " of the view's destinations)");
              }
            });
  }
}
