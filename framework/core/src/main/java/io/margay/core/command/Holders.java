// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.net.Ip;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpamBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Who holds addresses, in words. */
final class Holders {
  private static final int SHOWN = 5;

  private Holders() {}

  /** Such as {@code pod shop/web on node1} or {@code vxlan tunnel of node1}. */
  static String text(Allocation holder) {
    Map<String, String> attributes = holder.attributes();
    String node = holder.node().orElse("an unknown node");
    if (isTunnel(holder)) {
      return attributes.get("type").replaceFirst("(V6)?TunnelAddress$", "") + " tunnel of " + node;
    }
    String who =
        attributes.containsKey("pod")
            ? "pod " + attributes.getOrDefault("namespace", "default") + "/" + attributes.get("pod")
            : attributes.containsKey("container")
                ? "container " + attributes.get("container")
                : holder.handleId().orElse("nobody known");
    return who + " on " + node;
  }

  static boolean isTunnel(Allocation holder) {
    return holder.attributes().getOrDefault("type", "").endsWith("TunnelAddress");
  }

  /** Whether somebody would miss the address: not one that cools down, and no tunnel's. */
  static boolean isInUse(Allocation holder) {
    return holder.releasedAt().isEmpty() && !isTunnel(holder);
  }

  /** {@code 3 addresses: 10.65.0.1 of pod shop/web on node1, ...}; the first few by name. */
  static String inUse(List<IpamBlock> blocks) {
    List<String> all = new ArrayList<>();
    for (IpamBlock block : blocks) {
      block
          .allocations()
          .forEach(
              (address, holder) -> {
                if (isInUse(holder)) {
                  all.add(Ip.text(address) + " of " + text(holder));
                }
              });
    }
    String some = all.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return addresses(all.size())
        + ": "
        + some
        + (all.size() > SHOWN ? " and " + (all.size() - SHOWN) + " more" : "");
  }

  static String addresses(long count) {
    return count == 1 ? "1 address" : count + " addresses";
  }
}
