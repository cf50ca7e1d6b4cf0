// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Output;
import java.util.List;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;

/**
 * What became of starting or stopping a bundle.
 *
 * @param problems what keeps it from doing its work, though it was started
 */
record Running(String bundle, String state, List<String> problems) {
  static Running of(Bundle bundle, Diagnosis diagnosis) {
    return new Running(
        Bundles.name(bundle),
        Bundles.state(bundle),
        diagnosis.of(bundle).stream()
            .map(f -> f.component().map(c -> c + " " + f.why()).orElse(f.why()))
            .toList());
  }

  void say(Output output) {
    String but = problems.stream().map(p -> "\n  but " + p).collect(Collectors.joining());
    output.result(bundle + " is " + state + but, this);
  }
}
