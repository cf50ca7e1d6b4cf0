// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.netlink.LinkMessage;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Netns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Finds the network namespace in which the other end of a veth is, from the kernel alone: the link
 * names it by a number, and a file leads to it. Files are where namespaces are mounted, and those
 * of the processes in them.
 */
final class PodNamespace {
  private static final Path MOUNTS = Path.of("/proc/thread-self/mountinfo");
  private static final int MOUNT_POINT = 4;

  private PodNamespace() {}

  /**
   * Opens it; the node's namespace is that of this thread.
   *
   * @throws IOException ENODEV when there is no such link, ENOENT when no file leads to the
   *     namespace
   */
  static Netns open(String hostLink) throws NetlinkException, IOException {
    try (NetlinkSocket node = NetlinkSocket.open()) {
      Optional<LinkMessage> link = node.link(hostLink);
      if (link.isEmpty()) {
        throw new IOException("link " + hostLink + ": ENODEV");
      }
      OptionalInt number = link.get().lowerNamespace();
      if (number.isEmpty()) {
        throw new IOException("link " + hostLink + ": ENOENT (its other end is not in a pod)");
      }
      Set<Netns.Identity> seen = new HashSet<>();
      for (List<Path> files : List.of(mounted(), ofProcesses())) {
        for (Path file : files) {
          Optional<Netns> found = open(file, seen, node, number);
          if (found.isPresent()) {
            return found.get();
          }
        }
      }
    }
    throw new IOException("namespace of the pod behind " + hostLink + ": ENOENT (no file of it)");
  }

  /** The namespace of this file, if it is the one with this number. */
  private static Optional<Netns> open(
      Path file, Set<Netns.Identity> seen, NetlinkSocket node, OptionalInt number)
      throws IOException {
    Netns candidate;
    try {
      candidate = Netns.open(file);
    } catch (NetlinkException gone) {
      // A process that has ended, a mount of another kind of namespace.
      return Optional.empty();
    }
    try {
      if (seen.add(candidate.identity()) && node.number(candidate).equals(number)) {
        return Optional.of(candidate);
      }
    } catch (NetlinkException refused) {
      // Not by this kernel, or not of this one; another file may do.
      candidate.close();
      return Optional.empty();
    }
    candidate.close();
    return Optional.empty();
  }

  /** Where namespaces are mounted: /run/netns, /run/docker/netns and wherever else. */
  private static List<Path> mounted() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String line : Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1)) {
      if (line.contains(" - nsfs ")) {
        files.add(Path.of(line.split(" ")[MOUNT_POINT].replace("\\040", " ")));
      }
    }
    return files;
  }

  private static List<Path> ofProcesses() throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      processes.forEach(process -> files.add(process.resolve("ns/net")));
    }
    return files;
  }
}
