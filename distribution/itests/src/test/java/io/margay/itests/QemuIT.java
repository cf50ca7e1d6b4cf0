// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.itests.Shell.Result;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The distribution on Debian's own kernel, in an emulated machine: see distribution/qemu. */
class QemuIT {
  private static final int LACKS_SOMETHING = 69;

  @Test
  void everyCheckHoldsOnDebiansKernel() throws Exception {
    Path run = Distribution.HOME.resolve("../../qemu/run").normalize();

    // Ends by itself, also when the guest hangs.
    Process process =
        Shell.start(
            Map.of(),
            run.toString(),
            "--margay",
            Distribution.HOME.toString(),
            "--out",
            Path.of("target", "qemu").toAbsolutePath().toString());
    Result result = Shell.end(process);

    assumeTrue(result.exitCode() != LACKS_SOMETHING, "skipped: " + result.output());
    assertEquals(0, result.exitCode(), result.output());
    for (String wire : List.of("ipip-kernel", "ipip-mixed")) {
      String verdict = "ok %s: IP-in-IP on the wire".formatted(wire);
      assertTrue(result.output().contains(verdict), result.output());
    }
  }
}
