// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class PrivilegesTest {
  @Test
  void rootMayRun() throws Refusal {
    Privileges.check(List.of("Uid:\t0\t0\t0\t0", "CapEff:\t000001ffffffffff"));
  }

  @Test
  void namesWhatAUserLacks() {
    List<String> status = List.of("Uid:\t1000\t1000\t1000\t1000", "CapEff:\t0000000000000000");

    Refusal refusal = assertThrows(Refusal.class, () -> Privileges.check(status));

    assertEquals(77, refusal.exitCode());
    assertEquals(
        "the agent must run as root: uid 1000 lacks CAP_NET_ADMIN, CAP_SYS_ADMIN",
        refusal.getMessage());
  }

  @Test
  void namesWhatRootInAContainerLacks() {
    List<String> status = List.of("Uid:\t0\t0\t0\t0", "CapEff:\t00000000a80435fb");

    Refusal refusal = assertThrows(Refusal.class, () -> Privileges.check(status));

    assertEquals("the agent must run as root: uid 0 lacks CAP_SYS_ADMIN", refusal.getMessage());
  }
}
