// SPDX-License-Identifier: Apache-2.0
package io.margay.api.sharing;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Tells others about our blocks and learns theirs. What it learns goes to {@link LearnedRoutes}.
 * None of the methods blocks.
 */
@ConsumerType
public interface RouteSharing {
  /** Name of the source, such as {@code bgp}. */
  String name();

  /** Makes what is shared equal to this view. Idempotent. */
  void share(SharingView view);

  /** Whether every peer has told all it knows: End-of-RIB, or the deferral time. */
  boolean synced();

  List<Session> sessions();
}
