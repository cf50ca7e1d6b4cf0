// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.cni.CniException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Tells whether the network namespace of a request is there and is not the agent's own. */
final class Namespaces {
  private static final Path OWN = Path.of("/proc/self/ns/net");

  /** What a link of /proc/PID/ns/ to a namespace of another kind says. */
  private static final Pattern OTHER_KIND = Pattern.compile("(?!net:)[a-z_]+:\\[[0-9]+]");

  private Namespaces() {}

  static void check(Request request) throws CniException {
    Path namespace = request.namespace().orElseThrow();
    try {
      // All namespaces are files of one file system. Of which kind a mounted one is, only opening
      // it tells, and who opens what somebody passes for a namespace may hang on a FIFO.
      if (device(namespace) != device(OWN) || isOfAnotherKind(namespace)) {
        throw invalid(namespace, "is not a network namespace");
      }
      boolean isOwn = inode(namespace) == inode(OWN);
      if (isOwn && !request.mayBeHostNamespace()) {
        throw invalid(namespace, "is the host's own network namespace");
      }
    } catch (NoSuchFileException e) {
      throw invalid(namespace, "does not exist");
    } catch (IOException e) {
      throw invalid(namespace, e.getMessage());
    }
  }

  private static boolean isOfAnotherKind(Path path) throws IOException {
    return Files.isSymbolicLink(path)
        && OTHER_KIND.matcher(Files.readSymbolicLink(path).toString()).matches();
  }

  private static long device(Path path) throws IOException {
    return (Long) Files.getAttribute(path, "unix:dev");
  }

  /** Equal for all names of one namespace. */
  private static long inode(Path path) throws IOException {
    return (Long) Files.getAttribute(path, "unix:ino");
  }

  private static CniException invalid(Path namespace, String why) {
    return new CniException(Code.INVALID_ENVIRONMENT, "CNI_NETNS: " + namespace + " " + why);
  }
}
