// SPDX-License-Identifier: Apache-2.0
package io.margay.api.net;

/**
 * A limit of throughput: a bucket that fills at a rate.
 *
 * @param bitsPerSecond 1000..10^15, what a link sends in the long run; cut to whole bytes
 * @param burstBytes 67584..2^31-1, what it sends at once after a pause: at least one packet of any
 *     size, else the link would drop all larger ones
 */
public record Rate(long bitsPerSecond, long burstBytes) {
  private static final long MIN_BITS_PER_SECOND = 1000;
  private static final long MAX_BITS_PER_SECOND = 1_000_000_000_000_000L;
  private static final long MAX_BURST_BYTES = Integer.MAX_VALUE;

  private static final long MIN_BURST_BYTES = 66 * 1024;

  /** 10 ms, one tick of a slow kernel: with less, the rate is not reached. */
  private static final long USUAL_BURSTS_PER_SECOND = 100;

  public Rate {
    if (bitsPerSecond < MIN_BITS_PER_SECOND || bitsPerSecond > MAX_BITS_PER_SECOND) {
      throw new IllegalArgumentException(
          "rate: " + bitsPerSecond + " (expected: 1000..10^15 bits per second)");
    }
    if (burstBytes < MIN_BURST_BYTES || burstBytes > MAX_BURST_BYTES) {
      throw new IllegalArgumentException(
          "burst: %d (expected: %d..%d bytes)"
              .formatted(burstBytes, MIN_BURST_BYTES, MAX_BURST_BYTES));
    }
    bitsPerSecond -= bitsPerSecond % Byte.SIZE;
  }

  /** A rate with a burst that reaches it: 10 ms of it, or the smallest. */
  public static Rate of(long bitsPerSecond) {
    return of(bitsPerSecond, bitsPerSecond / USUAL_BURSTS_PER_SECOND);
  }

  /** A rate with a burst in bits; one that is too small or too large becomes the nearest. */
  public static Rate of(long bitsPerSecond, long burstBits) {
    long bytes = burstBits / Byte.SIZE;
    return new Rate(bitsPerSecond, Math.max(MIN_BURST_BYTES, Math.min(bytes, MAX_BURST_BYTES)));
  }

  /** As {@code tc} has it. */
  @Override
  public String toString() {
    return "rate " + bitsPerSecond + "bit burst " + burstBytes + "b";
  }
}
