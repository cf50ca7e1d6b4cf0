// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Receives the events of one watch, in order, one at a time, on a thread of the store. Must not
 * block: post and return.
 */
@ConsumerType
public interface Watcher {
  /** One event. */
  void event(Event event);

  /** What a watcher is told. */
  sealed interface Event permits Reset, Put, Deleted, Lost {}

  /** Everything known before is void; this is the whole kind. Sent first, and again after a gap. */
  record Reset(Listing listing) implements Event {}

  /** A document was created or changed. */
  record Put(Entry entry) implements Event {}

  /** A document was deleted. */
  record Deleted(Key key, Revision revision) implements Event {}

  /**
   * The store cannot be read now. What is known is frozen, not void; a {@link Reset} or further
   * events follow when it can be read again.
   */
  record Lost(String reason) implements Event {}
}
