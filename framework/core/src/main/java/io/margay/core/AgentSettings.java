// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.core.node.DetectionMethod;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What an agent is told at start.
 *
 * @param node name of this node
 * @param detection how to find the node's address of each family
 * @param defaultPools candidates for the default IPv4 pool
 * @param planDeadline how long a mode may plan before it is named in health
 */
record AgentSettings(
    String node,
    Map<IpFamily, DetectionMethod> detection,
    List<Cidr> defaultPools,
    Duration planDeadline) {
  AgentSettings {
    detection = Collections.unmodifiableMap(new EnumMap<>(detection)); // IPv4 comes first.
    defaultPools = List.copyOf(defaultPools);
  }
}
