// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

/**
 * Where a route comes from.
 *
 * @param isLocal whether we originate it
 * @param isExternal whether a peer of another AS told it
 * @param isClient whether a client, for which we reflect routes, told it
 * @param liesInOwn whether it is a part of what this node has itself
 */
public record Source(boolean isLocal, boolean isExternal, boolean isClient, boolean liesInOwn) {
  public static final Source LOCAL = new Source(true, false, false, false);

  /** This one, of a route that is a part of what this node has. */
  public Source withinOwn() {
    return new Source(isLocal, isExternal, isClient, true);
  }
}
