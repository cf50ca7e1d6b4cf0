// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** One packet that a {@link PacketTracer} sends; it carries DF. */
public final class TracePacket {
  /** The largest time-out, and hop limit of a packet unless another is asked for. */
  private static final Duration MOST_TIMEOUT = Duration.ofSeconds(30);

  private static final int HOP_LIMIT = 64;
  private static final int MOST_BYTES = 65535;

  private final TraceFlow flow;
  private final Optional<String> hostLink;
  private final int sizeBytes;
  private final int hopLimit;
  private final Duration timeout;

  private TracePacket(
      TraceFlow flow, Optional<String> hostLink, int sizeBytes, int hopLimit, Duration timeout) {
    this.flow = Objects.requireNonNull(flow);
    this.hostLink = hostLink;
    this.sizeBytes = sizeBytes;
    this.hopLimit = hopLimit;
    this.timeout = timeout;
  }

  /** A small packet from the node itself, with 1 s for the answer. */
  public static TracePacket of(TraceFlow flow) {
    return new TracePacket(flow, Optional.empty(), 0, HOP_LIMIT, Duration.ofSeconds(1));
  }

  /** From the network namespace of the pod whose link on this node has this name. */
  public TracePacket fromPod(String podHostLink) {
    return new TracePacket(flow, Optional.of(podHostLink), sizeBytes, hopLimit, timeout);
  }

  /**
   * With this size of the whole IP packet, 0..65535; less than the headers need makes the smallest
   * there is.
   */
  public TracePacket withSizeBytes(int bytes) {
    if (bytes < 0 || bytes > MOST_BYTES) {
      throw new IllegalArgumentException(
          "sizeBytes: " + bytes + " (expected: 0.." + MOST_BYTES + ")");
    }
    return new TracePacket(flow, hostLink, bytes, hopLimit, timeout);
  }

  /** With this TTL or hop limit, 1..255. */
  public TracePacket withHopLimit(int hops) {
    if (hops < 1 || hops > 255) {
      throw new IllegalArgumentException("hopLimit: " + hops + " (expected: 1..255)");
    }
    return new TracePacket(flow, hostLink, sizeBytes, hops, timeout);
  }

  /** With so long to wait for the answer, up to 30 s. */
  public TracePacket withTimeout(Duration patience) {
    if (patience.isNegative() || patience.compareTo(MOST_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "timeout: " + patience + " (expected: 0 to " + MOST_TIMEOUT + ")");
    }
    return new TracePacket(flow, hostLink, sizeBytes, hopLimit, patience);
  }

  public TraceFlow flow() {
    return flow;
  }

  /** Name of the pod's link on this node; empty for a packet from the node itself. */
  public Optional<String> hostLink() {
    return hostLink;
  }

  public int sizeBytes() {
    return sizeBytes;
  }

  public int hopLimit() {
    return hopLimit;
  }

  public Duration timeout() {
    return timeout;
  }

  @Override
  public String toString() {
    return flow + hostLink.map(link -> " from the pod behind " + link).orElse("");
  }
}
