// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

/**
 * Where a route comes from.
 *
 * @param isLocal whether we originate it
 * @param isExternal whether a peer of another AS told it
 * @param isClient whether a client, for which we reflect routes, told it
 */
public record Source(boolean isLocal, boolean isExternal, boolean isClient) {
  public static final Source LOCAL = new Source(true, false, false);
}
