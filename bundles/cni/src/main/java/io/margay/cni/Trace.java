// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where the time of one call went. Used by one thread at a time. */
final class Trace {
  private final long start = System.nanoTime();
  private final List<Step> steps = new ArrayList<>();
  private long last = start;
  private Optional<String> context = Optional.empty();

  /** Part of a call, in the order done. */
  record Step(String name, long micros) {
    @Override
    public String toString() {
      return name + "=" + micros / 1000 + "." + micros / 100 % 10 + "ms";
    }
  }

  /** Ends a step. */
  void done(String name) {
    long now = System.nanoTime();
    steps.add(new Step(name, (now - last) / 1000));
    last = now;
  }

  /** The trace context that the runtime sent along. */
  Optional<String> context() {
    return context;
  }

  void setContext(Optional<String> sent) {
    context = sent;
  }

  long millis() {
    return nanos() / 1_000_000;
  }

  /** Since the call began. */
  long nanos() {
    return System.nanoTime() - start;
  }

  @Override
  public String toString() {
    return steps.stream().map(Step::toString).collect(Collectors.joining(" "));
  }
}
