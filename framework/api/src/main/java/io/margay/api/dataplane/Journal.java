// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The flight recorder of a node: every change that the dataplane made in the kernel, or saw others
 * make to what is ours, with its cause. On disk, bounded, kept over restarts. On any thread.
 */
@ProviderType
public interface Journal {
  /**
   * Visits the records from a time on, newest first. Reads files; blocks for that long.
   *
   * @param visitor false ends the visit
   */
  void visit(Instant since, Predicate<JournalRecord> visitor) throws IOException;

  /** Time of the oldest record that is kept; empty when there is none. */
  Optional<Instant> begins() throws IOException;

  /**
   * Tells of each record from now on, on the journal's thread; the listener must not block.
   *
   * @return ends it
   */
  AutoCloseable follow(Consumer<JournalRecord> listener);

  /** Adds a remark; returns at once. */
  void remark(String text, Cause cause);
}
