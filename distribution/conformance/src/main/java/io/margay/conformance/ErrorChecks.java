// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The form of errors. Last of the suite: it looks at the codes of all calls before. */
final class ErrorChecks {
  /** CNI 1.1.0 section 5; the rest below 100 is reserved. */
  private static final Set<Integer> KNOWN = Set.of(1, 2, 3, 4, 5, 6, 7, 11, 50, 51);

  private static final int FIRST_OWN = 100;

  private ErrorChecks() {}

  static List<Check> all() {
    return List.of(
        must("P43", "an error is JSON with code and msg on standard output", ErrorChecks::isJson),
        should("P43", "an error has the cniVersion of the input", ErrorChecks::hasVersion),
        should("P43", "an error of ADD has no member of a result", ErrorChecks::isNoResult),
        must("P44", "no error had a reserved code", ErrorChecks::codes).once());
  }

  /** A failure that any plugin has: it cannot enter the namespace. */
  private static Outcome.Refusal refusal(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Call call = trial.call("ADD", trial.container());
    return trial.run(call.with("CNI_NETNS", "/run/netns/none-such")).refused();
  }

  private static String isJson(Trial trial) throws Deviation, IOException, InterruptedException {
    refusal(trial);
    return "";
  }

  private static String hasVersion(Trial trial)
      throws Deviation, IOException, InterruptedException {
    String version = Json.string(refusal(trial).json(), "cniVersion").orElse("missing");
    if (!version.equals(trial.version().toString())) {
      throw new Deviation("cniVersion " + version);
    }
    return "";
  }

  private static String isNoResult(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Set<String> keys = new TreeSet<>(refusal(trial).json().keySet());
    keys.retainAll(Set.of("interfaces", "ips", "ip4", "ip6", "routes"));
    if (!keys.isEmpty()) {
      throw new Deviation("has " + keys);
    }
    return "";
  }

  private static String codes(Trial trial) throws Deviation {
    Set<Integer> codes = trial.site().plugin().codes();
    for (int code : codes) {
      if (code < FIRST_OWN && !KNOWN.contains(code)) {
        throw new Deviation("codes " + codes);
      }
    }
    return "codes " + codes;
  }
}
