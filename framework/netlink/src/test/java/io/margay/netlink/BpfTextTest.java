// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class BpfTextTest {
  @Test
  void countsTheProcessorsThatMayCome() {
    assertEquals(1, BpfMapFd.cpus("0\n"));
    assertEquals(128, BpfMapFd.cpus("0-127\n"));
    assertEquals(5, BpfMapFd.cpus("0-3,8\n"));
  }

  @Test
  void keepsTheEndOfTheVerifiersLog() {
    String log = "0: R1=ctx()\n1: (61) r0 = *(u32 *)(r1 +0)\n\nR0 invalid\nprocessed 2 insns\n";

    assertEquals(
        "0: R1=ctx(); 1: (61) r0 = *(u32 *)(r1 +0); R0 invalid", BpfProgramFd.lastLines(log));
    assertEquals("", BpfProgramFd.lastLines(""));
  }
}
