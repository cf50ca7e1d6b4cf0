// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.KernelFacts;
import io.margay.api.mode.Destination;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Settings;
import io.margay.api.mode.Wire;
import java.util.List;
import java.util.Set;

/** The input of one mode's plan. Equal inputs need no second plan. */
public record CoreModeView(
    LocalNode self,
    KernelFacts kernel,
    Settings settings,
    List<Peer> peers,
    List<Destination> destinations,
    Set<Wire> receiving)
    implements ModeView {
  public CoreModeView {
    peers = List.copyOf(peers);
    destinations = List.copyOf(destinations);
    receiving = Set.copyOf(receiving);
  }

  /** The same node by itself, by its settings alone. */
  public CoreModeView alone() {
    return new CoreModeView(self, kernel, settings, List.of(), List.of(), Set.of());
  }
}
