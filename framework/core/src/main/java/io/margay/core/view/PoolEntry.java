// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.Cidr;
import io.margay.api.resource.Selector;
import java.util.Optional;

/**
 * What planners need of an IPPool.
 *
 * @param enabled whether addresses are given out of it
 * @param tunnels which nodes may take tunnel addresses out of it; empty when none may
 */
public record PoolEntry(
    String name, Cidr cidr, PoolMode mode, boolean enabled, Optional<Selector> tunnels) {}
