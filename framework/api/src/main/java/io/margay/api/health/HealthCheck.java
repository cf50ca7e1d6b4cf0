// SPDX-License-Identifier: Apache-2.0
package io.margay.api.health;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** Says how a part of the node is. Called on any thread, as often as somebody asks; quick. */
@ConsumerType
public interface HealthCheck {
  /** One or more findings. */
  List<Health> check();
}
