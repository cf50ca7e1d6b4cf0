// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.console.audit.Secrets;
import java.time.Instant;
import java.util.List;
import org.jline.reader.impl.history.DefaultHistory;

/** What was typed, without the lines that hold a secret, as far as their words tell. */
final class PrivateHistory extends DefaultHistory {
  @Override
  public void add(Instant time, String line) {
    List<String> words = List.of(line.split("[\\s|;'\"]+"));
    if (Secrets.mask(words).equals(words)) {
      super.add(time, line);
    }
  }
}
