// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.cni.CniException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Tells whether the network namespace of a request is there and is not the agent's own. */
final class Namespaces {
  private static final Path OWN = Path.of("/proc/self/ns/net");

  private Namespaces() {}

  static void check(Request request) throws CniException {
    Path namespace = request.namespace().orElseThrow();
    try {
      boolean isOwn = identity(namespace).equals(identity(OWN));
      if (isOwn && !request.mayBeHostNamespace()) {
        throw invalid(namespace, "is the host's own network namespace");
      }
    } catch (NoSuchFileException e) {
      throw invalid(namespace, "does not exist");
    } catch (IOException e) {
      throw invalid(namespace, e.getMessage());
    }
  }

  /** Device and inode: equal for all names of one namespace. */
  private static String identity(Path path) throws IOException {
    return Files.getAttribute(path, "unix:dev") + "/" + Files.getAttribute(path, "unix:ino");
  }

  private static CniException invalid(Path namespace, String why) {
    return new CniException(Code.INVALID_ENVIRONMENT, "CNI_NETNS: " + namespace + " " + why);
  }
}
