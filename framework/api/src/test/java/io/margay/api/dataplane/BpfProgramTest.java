// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.api.dataplane.BpfProgram.Hook;
import org.junit.jupiter.api.Test;

class BpfProgramTest {
  private static final BpfProgram PROGRAM =
      BpfProgram.of("encap", "tunl0", Hook.EGRESS, new byte[24]);

  @Test
  void isRecognisedByItsDigest() {
    BpfProgram found = BpfProgram.ofDigest("encap", "tunl0", Hook.EGRESS, PROGRAM.digest());

    assertEquals(PROGRAM, found);
    assertEquals(PROGRAM.hashCode(), found.hashCode());
    assertEquals("bpf program encap dev tunl0 egress digest " + PROGRAM.digest(), found.toString());
  }

  @Test
  void isAnotherWithOtherInstructionsMapsOrLinks() {
    byte[] code = PROGRAM.code();
    code[0] = 1;

    assertNotEquals(PROGRAM, BpfProgram.of("encap", "tunl0", Hook.EGRESS, code));
    assertNotEquals(PROGRAM, PROGRAM.withMap(0, "peers"));
    assertNotEquals(PROGRAM.withMap(0, "peers"), PROGRAM.withMap(1, "peers"));
    assertNotEquals(PROGRAM.withMap(0, "peers"), PROGRAM.withLink(0, "peers"));
    assertEquals(
        PROGRAM.withMap(0, "peers").withMap(2, "x"), PROGRAM.withMap(2, "x").withMap(0, "peers"));
  }

  @Test
  void namesItsMapsAndLinks() {
    BpfProgram program = PROGRAM.withMap(0, "peers").withMap(1, "counts").withLink(2, "eth0");

    assertEquals(
        "bpf program encap dev tunl0 egress instructions 3 maps counts,peers links eth0",
        program.toString());
  }

  @Test
  void refusesWhatIsNoProgram() {
    assertThrows(
        IllegalArgumentException.class,
        () -> BpfProgram.of("encap", "tunl0", Hook.EGRESS, new byte[9]));
    assertThrows(
        IllegalArgumentException.class,
        () -> BpfProgram.of("Encap", "tunl0", Hook.EGRESS, new byte[8]));
    assertThrows(IllegalArgumentException.class, () -> PROGRAM.withMap(3, "peers"));
  }
}
