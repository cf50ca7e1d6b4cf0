// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What this process may do and what this kernel can do.
 *
 * @param release kernel release, as {@code uname -r} prints it
 * @param netAdmin whether the process has CAP_NET_ADMIN, without which nothing can be written
 * @param linkKinds those of the asked kinds that the kernel has
 */
public record KernelFacts(String release, boolean netAdmin, Set<String> linkKinds) {
  private static final int CAP_NET_ADMIN = 12;

  public KernelFacts {
    linkKinds = Set.copyOf(linkKinds);
  }

  /**
   * Reads the facts; takes some milliseconds. Each kind of link is tried in a namespace that exists
   * only for this, so the kernel may load its module; without CAP_NET_ADMIN none can be tried.
   */
  public static KernelFacts read(Collection<String> kinds) throws NetlinkException, IOException {
    String release = Sysctl.read("kernel/osrelease");
    boolean netAdmin = hasCapability(CAP_NET_ADMIN);
    boolean canTry = netAdmin && !kinds.isEmpty();
    Set<String> accepted = canTry ? Netns.callInNew(() -> probe(kinds)) : Set.of();
    return new KernelFacts(release, netAdmin, accepted);
  }

  private static Set<String> probe(Collection<String> kinds) throws NetlinkException {
    Set<String> accepted = new TreeSet<>();
    try (NetlinkSocket socket = NetlinkSocket.open()) {
      for (String kind : kinds) {
        LinkMessage link = LinkMessage.of("probe" + accepted.size(), kind, Attributes.NONE);
        // Other refusals (a VXLAN needs a VNI) come from the kind itself, so it is there.
        boolean unknown =
            socket
                .batch(List.of(Request.add(link)))
                .get(0)
                .filter(e -> e.number() == Errno.EOPNOTSUPP)
                .isPresent();
        if (!unknown) {
          accepted.add(kind);
        }
      }
    }
    return accepted;
  }

  private static boolean hasCapability(int capability) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/thread-self/status"))) {
      if (line.startsWith("CapEff:")) {
        long set = Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16);
        return (set >>> capability & 1) != 0;
      }
    }
    return false;
  }
}
