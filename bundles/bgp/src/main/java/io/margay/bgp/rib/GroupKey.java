// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.bgp.codec.ExportRules;
import io.margay.bgp.policy.RoutePolicy;

/**
 * What peers have in common that get the same messages.
 *
 * @param isClient whether they are clients, to which everything is reflected
 * @param maxMessageLength in bytes
 */
public record GroupKey(
    ExportRules rules, boolean isClient, RoutePolicy exportPolicy, int maxMessageLength) {}
