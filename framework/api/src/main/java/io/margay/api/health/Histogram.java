// SPDX-License-Identifier: Apache-2.0
package io.margay.api.health;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts how long something took, in buckets as of Prometheus. To record costs two additions and
 * allocates nothing. All methods are for any thread.
 */
public final class Histogram {
  private static final double NANOS_PER_SECOND = 1e9;

  private final double[] boundsSeconds;

  /**
   * Of each bound those that took at most as long and longer than the bound before; then others.
   */
  private final AtomicLongArray counts;

  private final LongAdder totalNanos = new LongAdder();

  private Histogram(double[] boundsSeconds) {
    this.boundsSeconds = boundsSeconds;
    this.counts = new AtomicLongArray(boundsSeconds.length + 1);
  }

  /**
   * A histogram with these upper bounds of its buckets, in seconds, ascending; {@code +Inf} is
   * added.
   *
   * @throws IllegalArgumentException when they do not ascend
   */
  public static Histogram ofSeconds(double... bounds) {
    for (int i = 1; i < bounds.length; i++) {
      if (bounds[i] <= bounds[i - 1]) {
        throw new IllegalArgumentException(
            "bounds: " + Arrays.toString(bounds) + " (expected: ascending)");
      }
    }
    return new Histogram(bounds.clone());
  }

  /** Records something that took this long. */
  public void record(long nanos) {
    double seconds = nanos / NANOS_PER_SECOND;
    int bucket = 0;
    while (bucket < boundsSeconds.length && seconds > boundsSeconds[bucket]) {
      bucket++;
    }
    counts.incrementAndGet(bucket);
    totalNanos.add(nanos);
  }

  /**
   * Emits {@code NAME_bucket} with the label {@code le}, {@code NAME_sum} in seconds, and {@code
   * NAME_count}.
   *
   * @param name ends in {@code _seconds}
   * @param labels without {@code le}
   */
  public void emit(MetricSource.Sink sink, String name, Map<String, String> labels) {
    long total = 0;
    for (int i = 0; i < counts.length(); i++) {
      total += counts.get(i);
      Map<String, String> bucket = new HashMap<>(labels);
      bucket.put("le", i < boundsSeconds.length ? bound(boundsSeconds[i]) : "+Inf");
      sink.gauge(name + "_bucket", bucket, total);
    }
    sink.gauge(name + "_sum", labels, totalNanos.sum() / NANOS_PER_SECOND);
    sink.gauge(name + "_count", labels, total);
  }

  private static String bound(double seconds) {
    return seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds);
  }
}
