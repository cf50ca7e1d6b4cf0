// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How a finding is put right. Each names what it was found at, and does nothing when that has
 * changed since.
 */
sealed interface Fix {
  /** A document at a revision. */
  record Document(Key key, Revision revision) {}

  /**
   * A workload without its link: its addresses go back, and its endpoint goes.
   *
   * @param network CNI network of the workload; empty when not known
   * @param sequences addresses, and the sequence numbers at which they were given
   */
  record Release(
      String handle,
      String network,
      Map<InetAddress, Long> sequences,
      Set<Cidr> blocks,
      Optional<Document> endpoint)
      implements Fix {}

  /** A workload's address that nobody holds is given to its handle again. */
  record Reassign(String handle, InetAddress address, Map<String, String> attributes)
      implements Fix {}

  /** The counts of a handle are made those of the blocks. */
  record CountHandle(String handle, Revision revision, Set<Cidr> blocks) implements Fix {}

  /** Addresses that were in no queue can be given out again. */
  record QueueLost(Cidr block, Revision revision) implements Fix {}

  /** A node's empty block goes back. */
  record GiveBack(String node, Cidr block, Revision revision) implements Fix {}

  /** A node's block gets the affinity that it lacks. */
  record Claim(String node, Cidr block) implements Fix {}

  /** A document that says nothing that is true is deleted. */
  record Delete(Document document) implements Fix {}

  /** All that a deleted node holds is freed. */
  record FreeNode(String node) implements Fix {}
}
