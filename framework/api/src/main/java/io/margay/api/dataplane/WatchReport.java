// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a {@link PacketWatch} saw.
 *
 * @param packets in the order in which they came
 * @param counters the kernel's counters of lost packets that rose meanwhile, by how much, such as
 *     {@code TcpExt.IPReversePathFilter}, {@code Ip.OutNoRoutes}, {@code Ip6.Ip6InAddrErrors}, and
 *     those of links such as {@code eth0.rxDropped} and {@code eth0.txErrors}; of all packets of
 *     the node, so only a hint
 * @param legacyDrops rules and policies of legacy iptables that dropped packets meanwhile, in
 *     words; of all packets of the node, too
 * @param obstacle why packets could not be watched, or not all of them
 */
public record WatchReport(
    List<WatchedPacket> packets,
    Map<String, Long> counters,
    List<String> legacyDrops,
    Optional<String> obstacle) {
  /** The counter of packets that the reverse path filter dropped. */
  public static final String REVERSE_PATH_FILTER = "TcpExt.IPReversePathFilter";

  public WatchReport {
    packets = List.copyOf(packets);
    counters = Collections.unmodifiableMap(new TreeMap<>(counters));
    legacyDrops = List.copyOf(legacyDrops);
  }

  /** Those of {@link #counters} that count lost packets. */
  public Map<String, Long> losses() {
    Map<String, Long> losses = new TreeMap<>(counters);
    losses.keySet().removeIf(n -> n.endsWith("xPackets") || n.endsWith("ForwDatagrams"));
    return losses;
  }
}
