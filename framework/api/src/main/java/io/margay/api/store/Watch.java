// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

/** A running watch. */
public interface Watch extends AutoCloseable {
  /** Ends the watch. No event is delivered after it returns, unless called by the watcher. */
  @Override
  void close();
}
