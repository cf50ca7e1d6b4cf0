// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Change;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What core offers to whom replaces bundles: which modes they provide, and how one bundle takes
 * over from another. Methods may be called on any thread; results come on the agent thread.
 */
public interface ModeGate {
  /** The modes that are provided, and how they are. */
  CompletionStage<List<ModeState>> modes();

  /**
   * What the kernel would have to change if the modes of this bundle planned from now on. Nothing
   * is changed.
   *
   * @param bundle id of the bundle
   * @return completes exceptionally, with a message that names the bundle, when a mode of it throws
   *     or is late
   */
  CompletionStage<List<Change>> rehearseModes(long bundle);

  /** Lets the modes of this bundle plan from now on, by what they rehearsed. */
  CompletionStage<Void> adoptModes(long bundle);

  /**
   * Of bundles with different names that provide a mode, prefers one from now on, also when it
   * comes later.
   */
  void preferMode(String mode, String bundleName);
}
