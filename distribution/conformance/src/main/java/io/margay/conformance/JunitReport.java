// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The findings as JUnit XML: a test case per check and version, its class the clause. */
final class JunitReport {
  private JunitReport() {}

  static void write(Path file, String plugin, List<Finding> findings) throws IOException {
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.append(
        String.format(
            Locale.ROOT,
            "<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\""
                + " time=\"%s\">%n",
            escape("CNI conformance of " + plugin),
            findings.size(),
            count(findings, Finding.Result.FAIL),
            count(findings, Finding.Result.SKIP),
            seconds(findings.stream().mapToLong(Finding::millis).sum())));
    findings.forEach(finding -> xml.append(testCase(finding)));
    Files.writeString(file, xml.append("</testsuite>\n"));
  }

  private static String testCase(Finding finding) {
    Check check = finding.check();
    String observed = escape(finding.observed());
    String inside =
        switch (finding.result()) {
          case PASS -> "<system-out>" + observed + "</system-out>";
          case FAIL -> "<failure type=\"%s\" message=\"%s\"/>".formatted(check.level(), observed);
          case SKIP -> "<skipped message=\"" + observed + "\"/>";
        };
    return "  <testcase classname=\"%s\" name=\"%s [%s]\" time=\"%s\">%s</testcase>\n"
        .formatted(
            check.clause(),
            escape(check.what()),
            finding.version(),
            seconds(finding.millis()),
            inside);
  }

  private static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.3f", millis / 1000.0);
  }

  private static long count(List<Finding> findings, Finding.Result result) {
    return findings.stream().filter(finding -> finding.result() == result).count();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
