// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/** A watch under way, see {@link PacketTracer#watch}. Used from any thread. */
@ProviderType
public interface PacketWatch extends AutoCloseable {
  /** Ends the watch, if it has not ended, and returns at once what {@link #report} returns. */
  CompletionStage<WatchReport> stop();

  /** Complete once the watch has ended and nothing of it is left in the kernel; never fails. */
  CompletionStage<WatchReport> report();

  /** The same as {@link #stop}. */
  @Override
  default void close() {
    stop();
  }
}
