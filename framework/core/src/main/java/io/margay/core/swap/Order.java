// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * What an operator, or the deploy folder, asks for.
 *
 * @param action swap, rollback or install; for the history
 * @param bake how long the new bundle is watched before the old one goes for good
 * @param isDryRun ends, changing nothing, when all that can be checked before is checked
 * @param accepts goes on although the kernel has to be changed
 * @param progress gets a sentence for each step, on the swap thread
 */
record Order(
    String action,
    JarFacts jar,
    Duration bake,
    boolean isDryRun,
    boolean accepts,
    Consumer<String> progress) {
  static final String ROLLBACK = "rollback";

  boolean isRollback() {
    return action.equals(ROLLBACK);
  }

  void tell(String sentence) {
    progress.accept(sentence);
  }
}
