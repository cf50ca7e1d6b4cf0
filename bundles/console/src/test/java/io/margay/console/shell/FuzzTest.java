// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Lines that nobody would type leave the shell as it was. */
class FuzzTest {
  private static final long SEED = 8;
  private static final int LINES = 10_000;
  private static final int MOST_PIECES = 12;

  /** No redirection: such a line would write files into the build. */
  private static final List<String> PIECES =
      List.of(
          "fruit:list",
          "red",
          "--limit",
          "--json",
          "--rotten",
          "--bug",
          "-o",
          "help",
          "echo",
          "grep",
          "head",
          "tail",
          "sort",
          "wc",
          "each",
          "alias",
          "history",
          "x",
          "=",
          "|",
          "||",
          "&&",
          ";",
          "'",
          "\"",
          "\\",
          "$",
          "$(",
          "${",
          "%(",
          "%",
          "(",
          ")",
          "{",
          "}",
          "[",
          "]",
          "#",
          "~",
          "*",
          "\u0000",
          "\u001b[2J",
          "\n",
          "\t",
          "\u20ac",
          "\ud83d",
          "9".repeat(40),
          "a".repeat(500));

  @Test
  void tenThousandRandomLinesLeaveItWell() {
    TestShell shell = new TestShell(new Fruits());
    Random random = new Random(SEED);
    for (int i = 0; i < LINES; i++) {
      StringBuilder line = new StringBuilder();
      for (int piece = random.nextInt(MOST_PIECES); piece >= 0; piece--) {
        line.append(PIECES.get(random.nextInt(PIECES.size())));
        line.append(random.nextBoolean() ? " " : "");
      }
      TestShell.Result result = shell.run(line.toString());
      assertTrue(result.status() >= 0 && result.status() <= 255, line.toString());
    }

    assertEquals("apple            150\n", shell.run("fruit:list red | grep apple").out());
  }
}
