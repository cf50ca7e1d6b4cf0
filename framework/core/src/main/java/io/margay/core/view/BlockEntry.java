// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.Cidr;
import java.util.Map;
import java.util.Optional;

/**
 * What planners need of an IPAMBlock. An address that its own node uses does not show here, so that
 * a pod that comes or goes changes no plan.
 *
 * @param node whose block it is; empty when nobody's
 * @param borrowers the /32 or /128 of each address that another node uses, with that node
 */
public record BlockEntry(Cidr cidr, Optional<String> node, Map<Cidr, String> borrowers) {
  public BlockEntry {
    borrowers = Map.copyOf(borrowers);
  }
}
