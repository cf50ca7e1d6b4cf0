// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.dataplane.KernelFacts;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/** All that a mode may know when it plans. Immutable; collections come in no promised order. */
@ProviderType
public interface ModeView {
  LocalNode self();

  KernelFacts kernel();

  Settings settings();

  /** The other nodes, whether they have destinations or not. */
  Collection<Peer> peers();

  /** What to reach by this mode. */
  Collection<Destination> destinations();

  /**
   * Wires by which other nodes may still send to this one, whatever the settings say now. A mode
   * keeps what receives those of its own wires that are among them.
   */
  Set<Wire> receiving();

  /** The peer of this name. */
  default Optional<Peer> peer(String name) {
    return peers().stream().filter(p -> p.name().equals(name)).findFirst();
  }
}
