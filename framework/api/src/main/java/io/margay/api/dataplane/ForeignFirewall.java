// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.IpFamily;
import java.util.Set;

/**
 * A base chain of somebody else on the forward hook whose policy is drop: it drops packets of pods
 * unless one of its rules accepts them. Nothing that Margay writes can overrule it.
 *
 * @param families whose packets pass it
 * @param table with its family, such as {@code ip filter}
 * @param chain such as {@code FORWARD}
 */
public record ForeignFirewall(Set<IpFamily> families, String table, String chain) {
  public ForeignFirewall {
    families = Set.copyOf(families);
  }

  /** {@code chain FORWARD of table ip filter}. */
  @Override
  public String toString() {
    return "chain " + chain + " of table " + table;
  }
}
