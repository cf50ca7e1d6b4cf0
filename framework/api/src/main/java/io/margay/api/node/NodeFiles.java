// SPDX-License-Identifier: Apache-2.0
package io.margay.api.node;

import java.nio.file.Path;

/**
 * Every path of a node, derived from its state directory.
 *
 * <p>The default state directory keeps its sockets in {@code /run/margay}; any other one keeps them
 * in its own {@code run} folder, so that several agents live on one machine.
 *
 * @param state the state directory, absolute
 */
public record NodeFiles(Path state) {
  /** State directory when none is given. */
  public static final Path DEFAULT_STATE = Path.of("/var/lib/margay");

  public NodeFiles {
    if (!state.isAbsolute()) {
      throw new IllegalArgumentException("state: " + state + " (expected: an absolute path)");
    }
  }

  /** Sockets and other files that need not survive a reboot. */
  public Path run() {
    return state.equals(DEFAULT_STATE) ? Path.of("/run/margay") : state.resolve("run");
  }

  /** Unix socket of the CNI server. */
  public Path cniSocket() {
    return run().resolve("cni.sock");
  }

  /** Unix socket of the console. */
  public Path consoleSocket() {
    return run().resolve("console.sock");
  }

  /** DEL requests that came while no agent listened. */
  public Path spool() {
    return state.resolve("spool");
  }

  /** Where BPF objects are pinned: a file system of its own, mounted when there are any. */
  public Path bpf() {
    return state.resolve("bpf");
  }

  /** Storage of the OSGi framework. */
  public Path bundleCache() {
    return state.resolve("bundles");
  }
}
