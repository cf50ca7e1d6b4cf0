// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * One packet on its way through a node's kernel. A packet in a tunnel is seen before it is wrapped
 * and after it is unwrapped.
 *
 * @param from source as it came in
 * @param to destination as it came in
 * @param isAnswer whether it goes back, to who asked
 * @param isError whether it is an ICMP error to who asked, by a router or by the other end; it may
 *     be about other packets of that one, and is an answer, too
 * @param content what it carries, such as {@code ICMP echo request}, {@code TCP SYN to port 80}
 * @param sizeBytes of the IP packet; 0 when unknown
 * @param ttl TTL or hop limit as it came in
 * @param in the link by which it came; empty when this node sent it
 * @param out the link by which it was to leave; empty when it did not come so far
 * @param steps what rules and policies of nftables did to it, in order
 * @param detail one sentence: what became of it and where
 */
public record WatchedPacket(
    InetAddress from,
    InetAddress to,
    boolean isAnswer,
    boolean isError,
    String content,
    int sizeBytes,
    int ttl,
    Optional<String> in,
    Optional<String> out,
    List<TraceStep> steps,
    Fate fate,
    String detail) {
  /** What became of it. */
  public enum Fate {
    /** It left by the link {@link #out}: the firewall passed it on to the link or tunnel. */
    SENT,
    /** It was delivered on this node, to a socket or the kernel itself. */
    DELIVERED,
    /** A rule or a policy of nftables dropped it: the last of {@link #steps}. */
    DROPPED,
    /**
     * It was lost inside a hook, though no rule of nftables dropped it: by legacy iptables, see
     * {@link WatchReport#legacyDrops}, or it was queued.
     */
    LOST_IN_HOOK,
    /**
     * It was lost after the hook prerouting, forward or output, by routing: no route, reverse path
     * filter, hop limit, MTU; see {@link WatchReport#counters}.
     */
    LOST_IN_ROUTING
  }

  public WatchedPacket {
    steps = List.copyOf(steps);
  }
}
