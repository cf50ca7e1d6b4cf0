// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.journal;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.JournalRecord.Action;
import io.margay.api.dataplane.Owner;

/** Takes what happens in the kernel down. Returns at once; on any thread. */
@FunctionalInterface
public interface Recorder {
  /** Takes nothing down. */
  Recorder NONE = (action, owner, object, before, cause, errno) -> {};

  /**
   * Takes a change down.
   *
   * @param owner null when nobody owns the object
   * @param object immutable; its text is made later, on another thread
   * @param before what was there, immutable; null for nothing
   * @param errno null when it was done
   */
  void record(Action action, Owner owner, Object object, Object before, Cause cause, String errno);
}
