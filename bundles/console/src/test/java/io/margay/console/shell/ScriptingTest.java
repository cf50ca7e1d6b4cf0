// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What makes lines into scripts. */
class ScriptingTest {
  @TempDir Path state;

  private TestShell shell() {
    return new TestShell(state, new Fruits());
  }

  @Test
  void eachRunsACommandForEachLine() {
    TestShell.Result result =
        shell().run("fruit:list red | tail -2 | each echo '{}' 'is a \"fruit\" for $1'");

    assertEquals("apple is a \"fruit\" for $1\ncherry is a \"fruit\" for $1\n", result.out());
  }

  @Test
  void eachRunsABlockWithTheWordsOfEachLine() {
    TestShell.Result result =
        shell().run("fruit:list red | tail -n 2 | each { echo $it weighs $2 }");

    assertEquals("apple weighs 150\ncherry weighs 8\n", result.out());
  }

  @Test
  void sourceRunsAFileWithItsWords() throws IOException {
    Path script = state.resolve("script");
    Files.writeString(script, "# what there is\nfruit:list red | grep $1\necho done\n");

    assertEquals("apple   150\ndone\n", spaces(shell().run("source " + script + " apple").out()));
    TestShell.Result missing = shell().run("source " + state.resolve("nix"));
    assertEquals(2, missing.status());
    assertTrue(missing.err().endsWith("no such file\n"), missing.err());
  }

  @Test
  void aliasesTakeWordsAndAreKept() {
    assertEquals(0, shell().run("alias ll = \"fruit:list red\"").status());

    TestShell.Result result = shell().run("ll --limit 1 | tail -1");

    assertEquals("apple   150\n", spaces(result.out()));
    assertEquals("ll = \"fruit:list red\"\n", shell().run("alias").out());
    assertEquals(0, shell().run("unalias ll").status());
    assertEquals(2, shell().run("ll").status());
    assertEquals(2, shell().run("alias 9 = x").status());
  }

  @Test
  void namesWhatSomebodyMayHaveMeant() {
    assertEquals(
        "fruit:lst: no such command (did you mean fruit:list?)\n", shell().run("fruit:lst").err());
    assertEquals("list: no such command (did you mean fruit:list?)\n", shell().run("list").err());
    assertEquals("zzz: no such command (help lists them)\n", shell().run("zzz").err());
  }

  /** What is piped in comes from elsewhere: names of pods, say. Gogo must not read it. */
  @ParameterizedTest
  @ValueSource(
      strings = {"37%", "%(1+1)", "it's", "a\"b", "$(echo,x)", "${echo}", "a;b", "{}", "\\"})
  void eachHandsWordsOverAsTheyAre(String word) {
    assertEquals(word + "\n", shell().run("each echo '{}'", word + " 1\n").out());
    assertEquals(word + "\n", shell().run("alias say = echo; cat | each say '{}'", word).out());
  }

  @Test
  void eachFailsWithWhatItRuns() {
    assertEquals(7, shell().run("echo red | each fruit:list '{}' --rotten").status());
    assertEquals(0, shell().run("echo red | each fruit:list '{}'").status());
    assertEquals(2, shell().run("echo red | each '{}'").status());
  }

  @Test
  void scriptsAndAliasesEndAsTheirLastCommand() throws IOException {
    Path script = state.resolve("script");
    Files.writeString(script, "fruit:list red\nfruit:list red --rotten\n");

    assertEquals(7, shell().run("source " + script).status());
    assertTrue(shell().run("source " + script + " || echo bad").out().endsWith("\nbad\n"));
    assertEquals(7, shell().run("alias bad = \"fruit:list red --rotten\"; bad").status());
    assertEquals(0, shell().run("bad; fruit:list red").status());
    assertEquals(2, shell().run("source " + state).status());
  }

  @Test
  void aPipeFailsWithACommandInFront() {
    assertEquals(7, shell().run("fruit:list red --rotten | head -1").status());
    assertEquals(2, shell().run("nope | head -1").status());
    assertEquals(0, shell().run("fruit:list red --rotten | head -1; fruit:list red").status());
  }

  @Test
  void anAliasMayHaveTheNameOfWhatItRuns() {
    assertEquals(0, shell().run("alias grep = \"grep -i\"").status());

    assertEquals("apple   150\n", spaces(shell().run("fruit:list red | grep APPLE").out()));
    assertEquals(2, shell().run("alias x = y; alias y = x; x").status());
  }

  @Test
  void whatRunsItselfEnds() throws IOException {
    Path script = state.resolve("script");
    Files.writeString(script, "source " + script + "\n");

    TestShell.Result result = shell().run("source " + script);

    assertEquals(2, result.status());
    assertTrue(result.err().contains("source: too many levels"), result.err());
  }

  @Test
  void refusesAliasesThatAreNoLines() {
    assertEquals(2, shell().run("alias x = \"fruit:list 'red\"").status());
    assertEquals("", shell().run("alias").out());
  }

  private static String spaces(String text) {
    return text.replaceAll(" {2,}", "   ");
  }
}
