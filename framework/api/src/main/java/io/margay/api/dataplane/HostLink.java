// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.MacAddress;

/**
 * The two ends of a workload's link, as made.
 *
 * @param hostLink name on the node
 * @param podMac MAC of the pod's end
 * @param mtuBytes of both ends
 */
public record HostLink(String hostLink, MacAddress hostMac, MacAddress podMac, int mtuBytes) {}
