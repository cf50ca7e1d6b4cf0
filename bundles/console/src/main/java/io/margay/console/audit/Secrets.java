// SPDX-License-Identifier: Apache-2.0
package io.margay.console.audit;

import io.margay.console.render.Cell;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Takes out of a command's words what nobody else is to read. */
public final class Secrets {
  private static final String MASK = "***";

  /** Names after which a secret follows; {@code secretKeyRef} and the like only name one. */
  private static final Pattern NAME =
      Pattern.compile(
          "(?i).*(password|passwd|passphrase|secret|token|credential|private[-_.]?key|hash)s?$");

  private Secrets() {}

  /** The words as one line that reads as it was typed; each on its own where it needs quotes. */
  public static String line(String command, List<String> words) {
    StringBuilder line = new StringBuilder(command);
    for (String word : mask(words)) {
      boolean plain = word.matches("[\\p{Graph}&&[^'\"\\\\]]+");
      line.append(' ').append(plain ? word : "'" + word.replace("'", "'\\''") + "'");
    }
    return Cell.printable(line.toString());
  }

  /** A word of the form {@code name=value}, or one that follows a name, is masked. */
  public static List<String> mask(List<String> words) {
    List<String> masked = new ArrayList<>();
    boolean next = false;
    for (String word : words) {
      int equals = word.indexOf('=');
      if (next) {
        masked.add(MASK);
        next = false;
      } else if (equals > 0 && NAME.matcher(word.substring(0, equals)).matches()) {
        masked.add(word.substring(0, equals + 1) + MASK);
      } else {
        masked.add(word);
        next = NAME.matcher(word).matches();
      }
    }
    return masked;
  }
}
