// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a line is read, run and answered. */
class ShellTest {
  private static final String USAGE =
      "usage: fruit:list COLOUR [TASTE] [--limit N] [-o ORDER] [--rotten] [--bug] [--json]"
          + " [--help]\n";

  private static final String EMPTY = "fruit:list red --limit 0";

  private final TestShell shell = new TestShell(new Fruits());

  @Test
  void printsATable() {
    TestShell.Result result = shell.run("fruit:list red");

    assertEquals(
        """
        NAME    WEIGHT-GRAMS
        apple            150
        cherry             8
        """,
        result.out());
    assertEquals(0, result.status());
  }

  @Test
  void printsHeadingsOfAnEmptyTable() {
    assertEquals("NAME  WEIGHT-GRAMS\n", shell.run(EMPTY).out());
  }

  @Test
  void printsJson() {
    assertEquals(
        """
        [
        {"name":"apple","weightGrams":150},
        {"name":"cherry","weightGrams":8}
        ]
        """,
        shell.run("fruit:list red --json").out());
    assertEquals("[]\n", shell.run("fruit:list red --json --limit=0").out());
  }

  @Test
  void keepsMessagesOutOfJson() {
    TestShell.Result result = shell.run("fruit:list piped --json --limit 0", "hello");

    assertEquals("[]\n", result.out());
    assertEquals("hello\n", result.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fruit:list                  | COLOUR: missing (expected: colour of the skin)",
        "fruit:list red sweet ripe   | ripe: unexpected argument (expected: COLOUR TASTE)",
        "fruit:list red --limit      | --limit: value missing (expected: --limit N)",
        "fruit:list red --rotten=yes | --rotten=yes: unexpected value (expected: --rotten alone)",
        "fruit:list red -x           | -x: no such option"
            + " (expected: --limit, -o, --rotten, --bug, --json, --help)",
      })
  void saysWhatIsWrongWithALine(String line, String problem) {
    TestShell.Result result = shell.run(line);

    assertEquals("fruit:list: " + problem + "\n" + USAGE, result.err());
    assertEquals("", result.out());
    assertEquals(2, result.status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fruit:list -- --red",
        "fruit:list -5",
        "fruit:list 'red'",
        "fruit:list 'it'\\''s *'",
        "fruit:list 2001:db8::/32",
        "fruit:list 007",
        "fruit:list a=b",
        "fruit:list *",
      })
  void takesWordsAsTheyAre(String line) {
    assertEquals(0, shell.run(line).status(), shell.run(line).err());
  }

  @Test
  void passesWordsUnchanged() {
    assertEquals("10.0 007 true *.x\n", shell.run("echo 10.0 007 true *.x").out());
  }

  @Test
  void explainsACommand() {
    assertEquals(
        USAGE
            + """

            List fruits.

            Arguments:
              COLOUR                colour of the skin
              TASTE                 how it tastes

            Options:
              --limit N             at most so many
              -o ORDER              name or weight
              --rotten              fail
              --bug                 throw
              --json                print JSON, not a table
              --help                print this text

            Examples:
              fruit:list red
            """,
        shell.run("fruit:list --help").out());
    assertEquals(shell.run("fruit:list --help"), shell.run("help fruit:list"));
  }

  @Test
  void listsCommandsByScope() {
    TestShell.Result result = shell.run("help");

    assertTrue(result.out().startsWith("fruit:list  list fruits\n"), result.out());
    assertEquals(2, shell.run("help vegetable").status());
  }

  @Test
  void pipesIntoTools() {
    assertEquals("apple            150\n", shell.run("fruit:list red | grep apple").out());
    assertEquals("1\n", shell.run("fruit:list red | head -n 1 | wc -l").out().strip() + "\n");
  }

  @Test
  void givesPipedInputToACommand() {
    assertTrue(shell.run("echo hello | fruit:list piped").out().contains("hello"));
    assertTrue(shell.run("fruit:list piped", "from outside").out().contains("from outside"));
  }

  @Test
  void returnsTheStatusOfACommand() {
    TestShell.Result result = shell.run("fruit:list red --rotten");

    assertEquals(7, result.status());
    assertEquals("fruit:list: cherry: rotten (expected: fresh)\n", result.err());
    assertTrue(result.out().contains("apple"), "what was there before is printed");
  }

  @Test
  void goesOnOrNotAfterAFailure() {
    assertTrue(shell.run("fruit:list red --rotten || echo no").out().endsWith("\nno\n"));
    assertEquals("", shell.run(EMPTY + " --rotten && echo yes").out());
  }

  @Test
  void reportsOurBugsShortly() {
    TestShell.Result result = shell.run("fruit:list red --bug");

    assertEquals(1, result.status());
    assertEquals(
        "fruit:list: internal error, see the agent's log:"
            + " java.lang.IllegalStateException: a wasp\n",
        result.err());
  }

  @Test
  void saysThatACommandDoesNotExist() {
    assertEquals("list: no such command (did you mean fruit:list?)\n", shell.run("list").err());
    assertEquals("x: no such command (help lists them)\n", shell.run("x | cat").err());
    assertEquals(2, shell.run("x").status());
  }

  @Test
  void refusesBrokenLines() {
    assertEquals(2, shell.run("fruit:list (").status());
    assertEquals(2, shell.run("fruit:list 'red").status());
  }

  @Test
  void needsATerminalToPage() {
    assertEquals("less: needs a terminal (expected: margay console)\n", shell.run("less").err());
  }

  @Test
  void neutralisesControlCharacters() {
    TestShell.Result result = shell.run("fruit:list piped --limit 0", "a\033[2Jb\nc");

    assertEquals("a\\x1b[2Jb\nc\n", result.out());
  }

  @Test
  void servesTheNewerOfTwoCommandsOfOneName() {
    CommandRegistry registry = new CommandRegistry();
    Command old = new Named("x", "say");
    Command young = new Named("x", "say");

    registry.add(old);
    registry.add(young);
    assertEquals(young, registry.find("x:say").orElseThrow());

    registry.remove(young);
    assertEquals(old, registry.find("x:say").orElseThrow());

    registry.remove(old);
    assertTrue(registry.find("x:say").isEmpty());
  }

  @Test
  void callsCommandsOfTheProductByNameAlone() {
    TestShell shell = new TestShell(new Named("margay", "health"));

    assertEquals(0, shell.run("health").status());
    assertEquals(0, shell.run("margay:health").status());
    assertTrue(shell.run("help").out().startsWith("health  do it\n"));
    assertEquals(
        "health: -x: no such option (expected: --json, --help)",
        shell.run("health -x").err().lines().findFirst().orElseThrow());
  }

  @Test
  void ignoresCommandsThatCannotBeTyped() {
    CommandRegistry registry = new CommandRegistry();

    registry.add(new Named("X y", "say"));

    assertTrue(registry.all().isEmpty());
  }

  private record Named(String scope, String name) implements Command {
    @Override
    public CommandSpec spec() {
      return CommandSpec.of(scope, name, "do it");
    }

    @Override
    public void run(Invocation invocation, Output output) {}

    @Override
    public boolean equals(Object o) {
      return this == o;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }
}
