// SPDX-License-Identifier: Apache-2.0
package io.margay.api.policy;

import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import java.util.Collection;
import org.osgi.annotation.versioning.ProviderType;

/** All that a policy engine may know. Immutable. */
@ProviderType
public interface PolicyView {
  String nodeName();

  /** Every endpoint of the cluster; the engine picks those of this node. */
  Collection<WorkloadEndpoint> endpoints();

  /** Policies, tiers, network sets and profiles, as documents. */
  Collection<Entry> policies();
}
