// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.dataplane.Route;

/**
 * How to send to one destination.
 *
 * @param route the one route to it; table and metric are those of every mode, so that a change of
 *     mode is a replacement of this route
 * @param wire what the receiver must understand
 */
public record Sending(Route route, Wire wire) {}
