// SPDX-License-Identifier: Apache-2.0
package io.margay.tools;

import io.margay.netlink.BpfFs;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.TcxLinkFd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * BPF maps and programs that are pinned in a node's own BPF file system: {@code maps/NAME} and
 * {@code programs/LINK/HOOK/NAME/}; see the README of the dataplane.
 */
final class Pins {
  /** The attachment of a program, beside the program itself. */
  private static final String LINK_PIN = "link";

  private static final int PROGRAM_DEPTH = 4;

  private final Path root;

  Pins(Path root) {
    this.root = root;
  }

  /** What is pinned, for people to read. */
  List<String> find() throws IOException {
    return BpfFs.isMounted(root)
        ? below().map(root::relativize).filter(Pins::isObject).map(Pins::text).toList()
        : List.of();
  }

  /** Detaches the programs, removes all names, and unmounts the file system. */
  void remove() throws IOException, NetlinkException {
    if (!BpfFs.isMounted(root)) {
      return;
    }
    for (Path path : below().sorted(Comparator.reverseOrder()).toList()) {
      if (isAttachment(root.relativize(path))) {
        try (TcxLinkFd link = TcxLinkFd.open(path)) {
          link.detach(); // Now, and not when the kernel gets round to it.
        }
      }
      Files.delete(path);
    }
    BpfFs.unmount(root);
  }

  /** Files and folders that were made there; the kernel has some of its own at the top. */
  private Stream<Path> below() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(p -> !p.equals(root) && !p.toString().endsWith(".debug")).toList().stream();
    }
  }

  private static boolean isAttachment(Path path) {
    return path.getNameCount() == PROGRAM_DEPTH + 1 && path.endsWith(LINK_PIN);
  }

  private static boolean isObject(Path path) {
    return path.startsWith("maps") && path.getNameCount() == 2
        || path.startsWith("programs") && path.getNameCount() == PROGRAM_DEPTH;
  }

  private static String text(Path path) {
    return path.startsWith("maps")
        ? "bpf map " + path.getName(1)
        : "bpf program "
            + path.getName(3)
            + " dev "
            // A link's name has no colon, and a name in such a file system no dot.
            + path.getName(1).toString().replace(':', '.')
            + " "
            + path.getName(2);
  }
}
