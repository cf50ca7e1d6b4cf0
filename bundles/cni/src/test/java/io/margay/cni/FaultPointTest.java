// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class FaultPointTest {
  @Test
  void isNamedAsInTheProperty() {
    assertEquals("cni.add.after-assign", FaultPoint.ADD_AFTER_ASSIGN.id());
    assertEquals("cni.spool.after-execute", FaultPoint.SPOOL_AFTER_EXECUTE.id());
  }

  @Test
  void otherPointsDoNotHalt() {
    FaultPoint.halting("cni.add.after-assign").accept(FaultPoint.ADD_AFTER_ATTACH);
    FaultPoint.halting("dataplane.after-write").accept(FaultPoint.ADD_AFTER_ATTACH);
    FaultPoint.halting(null).accept(FaultPoint.ADD_AFTER_ATTACH);
  }

  @Test
  void refusesAPointThatIsNone() {
    assertThrows(IllegalArgumentException.class, () -> FaultPoint.halting("cni.add.after-asign"));
  }
}
