// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.net.InetAddress;
import java.time.Duration;

/**
 * An ICMP echo of full size with DF set: does this path carry such packets?
 *
 * @param sizeBytes size of the IP packet, 28..65535
 * @param timeout how long to wait for the answer
 */
public record Probe(InetAddress from, InetAddress to, int sizeBytes, Duration timeout) {}
