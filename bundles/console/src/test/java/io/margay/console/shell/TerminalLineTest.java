// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Caller;
import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Role;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.console.audit.Audit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines at a terminal: who is asked, and what is coloured. */
class TerminalLineTest {
  private final List<String> eaten = Collections.synchronizedList(new ArrayList<>());

  @TempDir Path state;

  @Test
  void asksWithTheWordsOfTheCommand() throws IOException {
    String screen = run("fruit:eat apple", "n\n");

    assertTrue(screen.contains("fruit:eat apple will eat a fruit. Do it? [y/N]"), screen);
    assertTrue(screen.contains("fruit:eat: not done"), screen);
    assertEquals(List.of(), eaten);
    run("fruit:eat apple", "y\n");
    assertEquals(List.of("apple"), eaten);
  }

  @Test
  void asksWhoTypesAnAlias() throws IOException {
    run("alias eat = fruit:eat; eat apple", "n\n");
    assertEquals(List.of(), eaten);

    run("alias eat = fruit:eat; eat pear", "y\n");
    assertEquals(List.of("pear"), eaten);
  }

  /** The answer would be read from what is piped in. */
  @Test
  void doesNotAskWithinEachAndScripts() throws IOException {
    String screen = run("echo apple | each fruit:eat '{}'", "");
    assertFalse(screen.contains("[y/N]"), screen);

    Path script = state.resolve("script");
    Files.writeString(script, "fruit:eat $1\n");
    screen = run("source " + script + " pear", "");
    assertFalse(screen.contains("[y/N]"), screen);
    assertEquals(List.of("apple", "pear"), eaten);
  }

  @Test
  void coloursNothingThatAnAliasPipes() throws IOException {
    String direct = run("fruit:list red", "");
    assertTrue(direct.contains("\033["), direct);

    String piped = run("alias ll = \"fruit:list red\"; ll | cat", "");
    assertFalse(piped.contains("\033["), piped);
    Path file = state.resolve("out");
    run("alias ll = \"fruit:list red\"; ll > " + file, "");
    assertFalse(Files.readString(file).contains("\033["), Files.readString(file));
  }

  @Test
  void saysThatAPreviewIsBroken() throws IOException {
    String screen = run("fruit:eat wasp || echo next", "y\n");

    assertTrue(screen.contains("fruit:eat: internal error, see the agent's log"), screen);
    assertTrue(screen.contains("next"), screen);
    assertEquals(List.of(), eaten);
  }

  /** What a line at a terminal prints, to which this is typed. */
  private String run(String line, String typed) throws IOException {
    CommandRegistry registry = new CommandRegistry();
    registry.add(new Fruits());
    registry.add(new Eating());
    Shell shell = new Shell(registry, Audit.NONE, "node1", state);
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    PipedInputStream keys = new PipedInputStream();
    try (PipedOutputStream keyboard = new PipedOutputStream(keys);
        ExternalTerminal terminal =
            new ExternalTerminal("test", "xterm", keys, screen, StandardCharsets.UTF_8)) {
      keyboard.write(typed.getBytes(StandardCharsets.UTF_8));
      keyboard.flush();
      Caller root = Caller.of("root", "local", Role.ADMIN);
      new InteractiveShell(shell, root, terminal, () -> {}).run(line);
      terminal.output().flush();
    }
    return screen.toString(StandardCharsets.UTF_8);
  }

  /** Says nothing beforehand, so that the console does. */
  private final class Eating implements Command {
    @Override
    public CommandSpec spec() {
      return CommandSpec.of("fruit", "eat", "eat a fruit")
          .changing()
          .withArgument("name", "which")
          .withExample("fruit:eat apple");
    }

    @Override
    public void preview(Invocation invocation, Output output) {
      if (invocation.argument("name").equals("wasp")) {
        throw new IllegalStateException("a wasp");
      }
    }

    @Override
    public void run(Invocation invocation, Output output) {
      eaten.add(invocation.argument("name"));
    }
  }
}
