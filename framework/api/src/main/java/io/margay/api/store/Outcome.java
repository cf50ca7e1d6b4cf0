// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

/**
 * What became of one write of a {@link Store#write}.
 *
 * @param revision WRITTEN: the new revision (of the deletion, or {@link Revision#NONE} when there
 *     was nothing to delete); CONFLICT: the revision found; SKIPPED: {@link Revision#NONE}
 */
public record Outcome(Key key, Status status, Revision revision) {
  /** Fate of a write. */
  public enum Status {
    /** Durable. */
    WRITTEN,
    /** The document was not as expected; nothing was written. */
    CONFLICT,
    /** Comes after a conflict; not tried. */
    SKIPPED
  }

  public boolean isWritten() {
    return status == Status.WRITTEN;
  }
}
