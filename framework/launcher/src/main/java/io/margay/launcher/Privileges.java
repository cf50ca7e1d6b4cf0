// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks that the process may change the network of this machine. */
final class Privileges {
  /** linux/capability.h. */
  private static final int CAP_NET_ADMIN = 12;

  /** linux/capability.h; setns(2) into a pod needs it. */
  private static final int CAP_SYS_ADMIN = 21;

  private Privileges() {}

  static void check() throws Refusal {
    try {
      check(Files.readAllLines(Path.of("/proc/self/status")));
    } catch (IOException e) {
      throw new Refusal(Refusal.NO_PERMISSION, "capabilities cannot be read: " + e, e);
    }
  }

  /**
   * @param status the lines of /proc/PID/status
   */
  static void check(List<String> status) throws Refusal {
    long effective = Long.parseUnsignedLong(field(status, "CapEff:"), 16);
    List<String> missing = new ArrayList<>();
    if ((effective >> CAP_NET_ADMIN & 1) == 0) {
      missing.add("CAP_NET_ADMIN");
    }
    if ((effective >> CAP_SYS_ADMIN & 1) == 0) {
      missing.add("CAP_SYS_ADMIN");
    }
    if (!missing.isEmpty()) {
      String uid = field(status, "Uid:").split("\\s+")[1];
      throw new Refusal(
          Refusal.NO_PERMISSION,
          "the agent must run as root: uid " + uid + " lacks " + String.join(", ", missing));
    }
  }

  private static String field(List<String> status, String name) throws Refusal {
    return status.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip())
        .findFirst()
        .orElseThrow(
            () -> new Refusal(Refusal.NO_PERMISSION, "/proc/self/status has no line " + name));
  }
}
