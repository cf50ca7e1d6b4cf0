// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.conformance.Finding.Result;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableTest {
  private static final Check CHECK = Check.must("P38", "VERSION repeats <it>", trial -> "");

  private static final List<Finding> FINDINGS =
      List.of(
          new Finding(CHECK, SpecVersion.V0_1_0, Result.FAIL, "cniVersion \"1.0.0\"", 2),
          new Finding(CHECK, SpecVersion.V0_2_0, Result.FAIL, "cniVersion \"1.0.0\"", 2),
          new Finding(CHECK, SpecVersion.V0_4_0, Result.FAIL, "cniVersion \"1.0.0\"", 2),
          new Finding(CHECK, SpecVersion.V1_0_0, Result.PASS, "", 3));

  @Test
  void hasALinePerResult() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Table table = new Table(new PrintStream(bytes, true, StandardCharsets.UTF_8));

    table.add(FINDINGS);
    table.foot("/bin/x", FINDINGS);

    assertEquals(
        """
        P38    MUST   FAIL  0.1.0-0.2.0,0.4.0    VERSION repeats <it>: cniVersion "1.0.0"
        P38    MUST   pass  1.0.0                VERSION repeats <it>
        /bin/x: 1 passed, 3 failed, 0 skipped: 25.0 %
        """,
        bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void xmlHasACasePerVersion(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("junit.xml");

    JunitReport.write(file, "/bin/x", FINDINGS.subList(2, 4));

    assertEquals(
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite name="CNI conformance of /bin/x" tests="2" failures="1" errors="0" skipped="0" time="0.005">
          <testcase classname="P38" name="VERSION repeats &lt;it&gt; [0.4.0]" time="0.002"><failure type="MUST" message="cniVersion &quot;1.0.0&quot;"/></testcase>
          <testcase classname="P38" name="VERSION repeats &lt;it&gt; [1.0.0]" time="0.003"><system-out></system-out></testcase>
        </testsuite>
        """,
        Files.readString(file));
  }

  @Test
  void neighbouringVersionsAreARange() {
    assertEquals("0.1.0-1.1.0", SpecVersion.ranges(Set.of(SpecVersion.values())));
  }
}
