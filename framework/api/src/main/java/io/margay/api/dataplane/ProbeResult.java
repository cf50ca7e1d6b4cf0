// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.time.Duration;

/**
 * Answer to a {@link Probe}.
 *
 * @param roundTrip how long it took; zero when it failed
 * @param detail why it failed, in words; empty when it did not
 */
public record ProbeResult(boolean answered, Duration roundTrip, String detail) {}
