// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import io.margay.itests.Shell.Result;
import java.util.ArrayList;
import java.util.List;

/**
 * A container that {@code ctr run --cni} started, which sleeps.
 *
 * @param ctr waits for its end, and calls DEL then
 */
record Container(Containerd containerd, String name, Process ctr) {
  /** Runs a command of busybox inside. */
  Result exec(String... words) {
    List<String> command =
        new ArrayList<>(List.of("tasks", "exec", "--exec-id", "x" + words.hashCode()));
    command.addAll(List.of(name, "/bin/busybox"));
    command.addAll(List.of(words));
    return containerd.ctr(command.toArray(String[]::new));
  }

  /** Its network namespace. */
  String netns() {
    return "/proc/" + containerd.pid(name) + "/ns/net";
  }

  /** Addresses of its link, but for link-local ones. */
  List<String> addresses() {
    return ContainerNetns.addresses(netns());
  }

  boolean reaches(String address) {
    return exec("ping", "-c1", "-W2", address).exitCode() == 0;
  }

  /** Returns when the runtime has taken all of it away. */
  void kill() {
    if (ctr.isAlive()) {
      containerd.ctr("tasks", "kill", "-s", "SIGKILL", name);
    }
    Lab.await(name + " has ended", () -> !ctr.isAlive());
  }
}
