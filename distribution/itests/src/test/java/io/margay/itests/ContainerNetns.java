// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.util.List;

/** What is in the network namespace of a container, seen from outside. */
final class ContainerNetns {
  private ContainerNetns() {}

  /**
   * Addresses of eth0, but for link-local ones; IPv4 first.
   *
   * @param netns path, such as {@code /proc/1/ns/net}
   */
  static List<String> addresses(String netns) {
    String[] show = {"ip", "-o", "address", "show", "dev", "eth0", "scope", "global"};
    return Shell.run(
            "nsenter",
            "--net=" + netns,
            show[0],
            show[1],
            show[2],
            show[3],
            show[4],
            show[5],
            show[6],
            show[7])
        .orFail()
        .lines()
        .map(line -> line.split("\\s+")[3].replaceAll("/.*", ""))
        .toList();
  }
}
