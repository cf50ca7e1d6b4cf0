// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * How packets go between nodes. Implementations hold no state and do no I/O: core calls {@link
 * #plan} again whenever the view changes, and writes what comes out.
 *
 * <p>Called on a thread of its own per mode, with a deadline; when it throws or is late, the last
 * good plan stays in force and the bundle is named in the node's health.
 */
@ConsumerType
public interface RoutingMode {
  /** What this mode is and needs. */
  Info info();

  /**
   * What other nodes must know about this one: a VTEP's MAC, a segment id, a public key. Core
   * stores it in the Node resource and hands it to the other nodes as {@link Peer#advertised}.
   */
  Map<String, String> advertise(LocalNode self);

  /** The kernel objects that serve this view. A pure function; order in the view means nothing. */
  Plan plan(ModeView view);
}
