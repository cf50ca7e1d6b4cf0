// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.KernelFacts;
import io.margay.api.mode.Destination;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Settings;
import java.util.List;

/** The input of one mode's plan. Equal inputs need no second plan. */
public record CoreModeView(
    LocalNode self,
    KernelFacts kernel,
    Settings settings,
    List<Peer> peers,
    List<Destination> destinations)
    implements ModeView {
  public CoreModeView {
    peers = List.copyOf(peers);
    destinations = List.copyOf(destinations);
  }
}
