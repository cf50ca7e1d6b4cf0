// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpamBlock;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * All that one handle holds in the blocks of a snapshot.
 *
 * @param holder attributes of one of its addresses
 * @param sequences of each address, the block's sequence number when it was given
 * @param counts addresses by block
 */
record Holding(
    String handle, Allocation holder, Map<InetAddress, Long> sequences, Map<Cidr, Integer> counts) {
  /** Attribute that only workloads of our own CNI server have. */
  private static final String NETWORK = "network";

  private static final String TUNNEL = "-tunnel-addr-";

  /** By handle, what the blocks say is held. */
  static Map<String, Holding> of(Collection<Held<IpamBlock>> blocks) {
    Map<String, Holding> holdings = new TreeMap<>();
    for (Held<IpamBlock> held : blocks) {
      IpamBlock block = held.value();
      block
          .allocations()
          .forEach(
              (address, holder) ->
                  holder
                      .handleId()
                      .ifPresent(
                          handle -> {
                            Holding holding =
                                holdings.computeIfAbsent(
                                    handle,
                                    h ->
                                        new Holding(
                                            h,
                                            holder,
                                            new TreeMap<>(Ip::compare),
                                            new HashMap<>()));
                            holding.sequences.put(address, block.sequenceOf(address));
                            holding.counts.merge(block.cidr(), 1, Integer::sum);
                          }));
    }
    return holdings;
  }

  Optional<String> node() {
    return holder.node();
  }

  /** CNI network; empty for what our CNI server did not attach, such as pods of Calico. */
  Optional<String> network() {
    return Optional.ofNullable(holder.attributes().get(NETWORK));
  }

  boolean isTunnel() {
    return handle.contains(TUNNEL);
  }

  Set<Cidr> blocks() {
    return counts.keySet();
  }

  /** {@code address 10.65.0.3}, or several. */
  String object() {
    return (sequences.size() == 1 ? "address " : "addresses ")
        + sequences.keySet().stream().map(Ip::text).collect(Collectors.joining(", "));
  }

  /** Who holds it, for people. */
  String who() {
    Map<String, String> attributes = holder.attributes();
    String pod = attributes.get("pod");
    return pod == null ? handle : attributes.getOrDefault("namespace", "default") + "/" + pod;
  }
}
