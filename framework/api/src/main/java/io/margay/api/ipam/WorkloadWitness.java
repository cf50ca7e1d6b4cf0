// SPDX-License-Identifier: Apache-2.0
package io.margay.api.ipam;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a container runtime has said about its workloads; register it as a service. No address is
 * taken back by such a word alone: the workload's link must be gone from the kernel too.
 *
 * <p>Called on any thread; does not block.
 */
@ConsumerType
public interface WorkloadWitness {
  /** What was said of a workload. */
  enum Word {
    /** A call about it is being served now. */
    UNDER_WAY,
    /** The runtime has it. */
    KNOWN,
    /** The runtime has listed all its workloads of the network, and this one is not among them. */
    UNKNOWN
  }

  /**
   * A word and when it was said.
   *
   * @param atNanos as of {@link System#nanoTime}
   */
  record Testimony(Word word, long atNanos) {}

  /**
   * The latest word about a workload; empty when there was none since this witness is up.
   *
   * @param network CNI network of the workload
   * @param handle who holds its addresses
   */
  Optional<Testimony> lastWord(String network, String handle);
}
