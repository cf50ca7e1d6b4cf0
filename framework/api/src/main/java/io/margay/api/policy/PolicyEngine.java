// SPDX-License-Identifier: Apache-2.0
package io.margay.api.policy;

import io.margay.api.dataplane.DesiredState;
import org.osgi.annotation.versioning.ConsumerType;

/** Turns policies into kernel objects. Holds no state and does no I/O, as a routing mode. */
@ConsumerType
public interface PolicyEngine {
  /** The kernel objects that enforce what the view says. A pure function. */
  DesiredState plan(PolicyView view);
}
