// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelFacts;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NftSocket;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this kernel can do, found out at the first question. */
final class Facts {
  private static final Logger LOG = LoggerFactory.getLogger(Facts.class);
  private static final List<String> LINK_TYPES =
      List.of("veth", "vxlan", "ipip", "dummy", "ifb", "bridge");

  /** TCX, by which eBPF programs are attached, came with Linux 6.6. */
  private static final int TCX_MAJOR = 6;

  private static final int TCX_MINOR = 6;

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
    if (isAtLeast(found.release(), TCX_MAJOR, TCX_MINOR)) {
      features.add("tcx");
    }
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

  static boolean isAtLeast(String release, int major, int minor) {
    String[] parts = release.split("[^0-9]+", 3);
    int foundMajor = Integer.parseInt(parts[0]);
    return foundMajor > major || foundMajor == major && Integer.parseInt(parts[1]) >= minor;
  }
}
