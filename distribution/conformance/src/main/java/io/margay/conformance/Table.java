// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The report that a person reads: a line per check, or several when versions differ. */
final class Table {
  private static final String LINE = "%-6s %-6s %-4s  %-19s  %s%n";

  private final PrintStream out;

  Table(PrintStream out) {
    this.out = out;
  }

  void head() {
    out.printf(LINE, "CLAUSE", "LEVEL", "", "VERSIONS", "WHAT: OBSERVED");
  }

  void add(List<Finding> findings) {
    Map<Finding.Result, List<Finding>> byResult = new LinkedHashMap<>();
    for (Finding finding : findings) {
      byResult.computeIfAbsent(finding.result(), r -> new ArrayList<>()).add(finding);
    }
    byResult.forEach(this::line);
  }

  private void line(Finding.Result result, List<Finding> findings) {
    Check check = findings.get(0).check();
    String observed = findings.get(0).observed();
    boolean isFailure = result == Finding.Result.FAIL;
    out.printf(
        LINE,
        check.clause(),
        check.level(),
        isFailure ? "FAIL" : result.name().toLowerCase(Locale.ROOT),
        SpecVersion.ranges(findings.stream().map(Finding::version).toList()),
        check.what() + (observed.isEmpty() ? "" : ": " + observed));
  }

  void foot(String plugin, List<Finding> all) {
    long passed = count(all, Finding.Result.PASS);
    long failed = count(all, Finding.Result.FAIL);
    long skipped = count(all, Finding.Result.SKIP);
    double percent =
        passed + failed == 0 ? 0 : Math.floor(1000.0 * passed / (passed + failed)) / 10;
    out.printf(
        Locale.ROOT,
        "%s: %d passed, %d failed, %d skipped: %.1f %%%n",
        plugin,
        passed,
        failed,
        skipped,
        percent);
  }

  private static long count(List<Finding> all, Finding.Result result) {
    return all.stream().filter(finding -> finding.result() == result).count();
  }
}
