// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.Cidr;

/**
 * What planners need of an IPPool.
 *
 * @param enabled whether addresses are given out of it
 */
public record PoolEntry(String name, Cidr cidr, PoolMode mode, boolean enabled) {}
