// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Caller;
import io.margay.api.console.CommandSpec.Role;
import io.margay.console.shell.TestShell.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a viewer and an operator may say, and how far they get with the rest. */
class PlainLineTest {
  private static final Caller EVE = Caller.of("eve", "ssh 192.0.2.7", Role.VIEWER);

  private final TestShell shell = new TestShell(new Fruits());

  @TempDir private Path directory;

  @Test
  void runsCommandsAndPipes() {
    assertEquals("apple            150\n", eve("fruit:list red | grep apple").out());
    assertEquals("1\n", eve("fruit:list red|head -n 1 |wc -l").out());
    assertEquals("cherry             8\n", eve("fruit:list red | sort -r | head -1 | cat").out());
    assertEquals("2\n", eve("fruit:list red | grep -c -v NAME").out());
    assertTrue(eve("help").out().startsWith("fruit:list"));
    assertEquals("b\n", shell.run(EVE, "grep -i B", "a\nb\n").out());
  }

  @Test
  void keepsTheStatus() {
    assertEquals(7, eve("fruit:list red --rotten").status());
    assertEquals(2, eve("fruit:list red --nope").status());
    assertEquals(1, eve("fruit:list red | grep nothing").status());
    assertEquals(2, eve("nope").status());
  }

  @Test
  void takesQuotesAsAShellDoes() throws UsageException {
    assertEquals(
        List.of(List.of("a", "b c", "d|e", "f'g", "h\"i\\j", "", "k l", "$x")),
        PlainLine.parse("a 'b c' d\\|e \"f'g\" \"h\\\"i\\\\j\" '' k\\ l '$x'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "new java.lang.ProcessBuilder touch FILE",
        "(new java.lang.ProcessBuilder ['touch' 'FILE']) start",
        "p = new java.lang.ProcessBuilder",
        "$.context",
        "$.context bundles",
        "($.context bundle 0) stop",
        "(bundle 0) stop",
        "((bundle 0) bundleContext) getBundles",
        "each [1 2 3] { touch FILE }",
        "{ { { touch FILE } } }",
        "f = { echo x > FILE }; f",
        "echo x > FILE",
        "echo x >> FILE",
        "echo x | tee FILE",
        "echo `touch FILE`",
        "echo $(touch FILE)",
        "echo \"$(touch FILE)\" > FILE",
        "fruit:list red > FILE",
        "fruit:list red; touch FILE",
        "fruit:list red && touch FILE",
        "fruit:list red || touch FILE",
        "fruit:list red & touch FILE",
        "fruit:list red\ntouch FILE",
        "source FILE",
        "sh FILE",
        "gosh FILE",
        "nano FILE",
        "shell:cat /etc/passwd",
        "shell:nano FILE",
        "gogo:new java.lang.String",
        "plain:stage 0",
        "'plain:stage' 0",
        "less /etc/passwd",
        "watch echo x",
        "cat /etc/passwd",
        "cat file:///etc/passwd",
        "cat < /etc/passwd",
        "grep root /etc/passwd",
        "grep -f /etc/passwd root",
        "head /etc/passwd",
        "head -n 1 /etc/passwd",
        "tail -f /etc/passwd",
        "sort /etc/passwd",
        "sort -o FILE",
        "wc -l /etc/passwd",
        "set -x",
        "echo = fruit:list",
        "help = 1; help",
        "%(1 + 1)",
        "SCOPE = *",
        "exit; touch FILE",
        "\u202etouch FILE",
        "\uff04.context",
        "\u0000touch FILE",
        "\033[A",
        "touch\u00a0FILE",
        "!!",
        "~",
        "",
        "|",
        "| fruit:list red",
        "fruit:list red |",
        "fruit:list red | | cat",
        "'fruit:list",
        "\"",
        "\\",
      })
  void doesNothingElse(String line) throws Exception {
    Path file = directory.resolve("file");
    String typed = line.replace("FILE", file.toString());

    for (Role role : List.of(Role.VIEWER, Role.OPERATOR)) {
      Result result = shell.run(Caller.of("eve", "ssh 192.0.2.7", role), typed, "x\n");

      assertFalse(Files.exists(file), typed);
      assertFalse(result.out().contains("root:"), result.out());
      boolean words = typed.startsWith("echo =") || typed.equals("fruit:list red");
      assertTrue(words || result.status() != 0, typed + ": " + result);
    }
    assertEquals(0, eve("fruit:list red").status());
  }

  @ParameterizedTest
  @EnumSource(
      value = Role.class,
      names = {"VIEWER", "OPERATOR"})
  void handsOverTheWordsAsTheyAre(Role role) {
    Caller caller = Caller.of("eve", "ssh 192.0.2.7", role);

    assertEquals(
        "$x (y) {z} > * ~ ' = 007\n",
        shell.run(caller, "echo '$x' '(y)' \"{z}\" '>' * ~ \"'\" = 007", "").out());
  }

  @Test
  void survivesAnything() {
    String alphabet = "ab $(){}[]<>|&;'\"\\`=%#!~*?:.\n\t\u0000\u202e\ud83d\ude00";
    Random random = new Random(1);

    for (int i = 0; i < 5_000; i++) {
      StringBuilder line = new StringBuilder(random.nextBoolean() ? "echo " : "");
      for (int length = random.nextInt(40); length > 0; length--) {
        line.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        PlainLine.parse(line.toString());
      } catch (UsageException e) {
        assertFalse(e.getMessage().isEmpty());
      }
      if (i % 20 == 0) {
        eve(line.toString());
      }
    }

    assertEquals(2, eve("(".repeat(100_000)).status());
    assertEquals(2, eve("cat" + " | cat".repeat(8)).status());
    assertEquals(0, eve("fruit:list red").status());
  }

  @Test
  void holdsNoMoreThanItHasMemoryFor() {
    String much = "0123456789abcdef\n".repeat(1 << 19);

    assertEquals(
        "sort: too much (expected: at most 4194304 characters)\n", eve("sort", much).err());
    assertEquals(1, eve("tail -n 999999", much).status());
    assertEquals(1, eve("head", "x".repeat(2 << 20)).status());
    assertEquals(much.length(), eve("cat", much).out().length());
  }

  @Test
  void givesUpOnExpressionsThatTakeForEver() {
    Result result = eve("grep '(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x'", "a".repeat(200) + "!\n");

    assertEquals("grep: the expression takes too long\n", result.err());
    assertEquals(1, eve("grep '(a|b)*c'", "ab".repeat(100_000)).status());
    assertEquals(2, eve("grep '('", "a").status());
  }

  @Test
  void leavesGogoToAdmins() {
    List<String> out = new ArrayList<>();
    for (Role role : Role.values()) {
      out.add(shell.run(Caller.of("x", "local", role), "a = 3; echo $a", "").out());
    }

    assertEquals(List.of("", "", "3\n"), out);
  }

  private Result eve(String line) {
    return eve(line, "");
  }

  private Result eve(String line, String input) {
    return shell.run(EVE, line, input);
  }
}
