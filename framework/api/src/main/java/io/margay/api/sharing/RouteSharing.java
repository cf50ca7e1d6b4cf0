// SPDX-License-Identifier: Apache-2.0
package io.margay.api.sharing;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Tells others about our blocks and learns theirs. What it learns goes to {@link LearnedRoutes}.
 * None of the methods blocks.
 *
 * <p>Its bundle is started before core, so that an agent that starts knows that it is to wait for
 * what will be learned. The service refers to {@link LearnedRoutes} and {@link RouteSources} of
 * core, and to no other service of core: core refers to it.
 */
@ConsumerType
public interface RouteSharing {
  /** Name of the source, such as {@code bgp}. */
  String name();

  /**
   * Makes what is shared equal to this view. Idempotent. Called on the agent thread, when the
   * service comes and when the view differs from the one before.
   */
  void share(SharingView view);

  /** Whether every peer has told all it knows: End-of-RIB, or the deferral time. */
  boolean synced();

  List<Session> sessions();
}
