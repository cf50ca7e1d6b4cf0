// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelFacts;
import io.margay.netlink.BpfFacts;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NftSocket;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this kernel can do, found out at the first question. */
final class Facts {
  private static final Logger LOG = LoggerFactory.getLogger(Facts.class);
  private static final List<String> LINK_TYPES =
      List.of("veth", "vxlan", "ipip", "dummy", "ifb", "bridge");

  /** Programs can be attached in the way that came with Linux 6.6. */
  static final String TCX = "tcx";

  private KernelFacts facts;

  /** Fails, and says why, when this process may not write network state. */
  static void requireRights() throws DataplaneException {
    if (!read(List.of()).netAdmin()) {
      throw new DataplaneException(
          "open kernel: EPERM (CAP_NET_ADMIN is missing; run the agent as root)", "EPERM");
    }
  }

  synchronized KernelFacts get() {
    if (facts == null) {
      try {
        facts = facts(read(LINK_TYPES));
      } catch (DataplaneException e) {
        LOG.warn("Cannot find out what this kernel can do: {}", e.getMessage());
        facts = new KernelFacts(System.getProperty("os.version"), Set.of(), Set.of());
      }
    }
    return facts;
  }

  private static io.margay.netlink.KernelFacts read(List<String> linkTypes)
      throws DataplaneException {
    try {
      return io.margay.netlink.KernelFacts.read(linkTypes);
    } catch (NetlinkException e) {
      throw new DataplaneException(e.getMessage(), e.errno(), e);
    } catch (IOException e) {
      throw new DataplaneException("read kernel facts: " + e, "", e);
    }
  }

  private static KernelFacts facts(io.margay.netlink.KernelFacts found) {
    Set<String> features = new TreeSet<>();
    if (io.margay.netlink.Sysctl.exists("net/ipv6")) {
      features.add("ipv6");
    }
    addBpf(features);
    if (NftCommand.find().isPresent() && hasNftables()) {
      features.add("nftables");
    }
    return new KernelFacts(found.release(), found.linkKinds(), features);
  }

  private static boolean hasNftables() {
    try (NftSocket socket = NftSocket.open()) {
      return socket.port() != 0;
    } catch (NetlinkException e) {
      LOG.debug("No nftables: {}", e.getMessage());
      return false;
    }
  }

  private static void addBpf(Set<String> features) {
    try {
      BpfFacts found = BpfFacts.read();
      Map.of("bpf", found.bpf(), TCX, found.tcx(), "clsact", found.clsact())
          .forEach((name, has) -> features.addAll(has ? Set.of(name) : Set.of()));
    } catch (NetlinkException | IOException e) {
      LOG.debug("No BPF: {}", e.getMessage());
    }
  }
}
