// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.console.shell.Fruits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.osgi.framework.ServiceRegistration;

/** {@code margay console} at a real terminal. */
class TerminalFrameworkIT {
  private static final String PROMPT = "margay@node1";
  private static final String RETURN = "\r";
  private static final String TAB = "\t";
  private static final String UP = "\033OA";
  private static final String CTRL_C = "\003";
  private static final String CTRL_D = "\004";

  private static RunningAgent agent;

  @BeforeAll
  static void start() throws Exception {
    agent = new RunningAgent();
    agent.register(new Fruits());
  }

  @AfterAll
  static void stop() throws Exception {
    if (agent != null) {
      agent.stop();
    }
  }

  @Test
  void completesCommandsAndArguments() throws Exception {
    try (Pty pty = open()) {
      pty.type("fru" + TAB);
      pty.await("fruit:list");
      pty.type("ye" + TAB);
      pty.await("yellow");
      pty.type("--lim" + TAB);
      pty.await("--limit");
      pty.type("1" + RETURN);

      pty.await("apple");
      assertTrue(!pty.await(PROMPT).contains("cherry"));
    }
  }

  @Test
  void coloursWhatAPersonReads() throws Exception {
    try (Pty pty = open()) {
      pty.type("fruit:list red" + RETURN);
      pty.await("\033[1mNAME\033[0m");
      pty.await("cherry");
      pty.await(PROMPT);
      pty.type("fruit:list red | head -n 1" + RETURN);
      pty.await("\r\nNAME    WEIGHT-GRAMS\r\n");
    }
  }

  @Test
  void interruptsACommandAndGoesOn() throws Exception {
    Blocking command = new Blocking();
    ServiceRegistration<Command> registration = agent.register(command);
    try (Pty pty = open()) {
      pty.type("test:block" + RETURN);
      pty.await("running");
      pty.type(CTRL_C);
      pty.await(PROMPT);
      assertTrue(command.interrupted.await(30, TimeUnit.SECONDS));

      pty.type("echo ready; cat" + RETURN);
      pty.await("\r\nready");
      pty.type("typed" + RETURN);
      pty.await("typed\r\ntyped\r\n");
      pty.type(CTRL_C);
      pty.await(PROMPT);
      pty.type("echo still here" + RETURN);
      pty.await("\r\nstill here");
    } finally {
      registration.unregister();
    }
  }

  @Test
  void asksBeforeItChangesSomething() throws Exception {
    List<String> done = new CopyOnWriteArrayList<>();
    ServiceRegistration<Command> registration = agent.register(new Eating(done));
    try (Pty pty = open()) {
      pty.type("fruit:eat apple" + RETURN);
      pty.await("an apple will be gone");
      pty.await("Do it? [y/N]");
      pty.type("n" + RETURN);
      pty.await("fruit:eat: not done");
      assertEquals(List.of(), done);

      pty.type("fruit:eat cherry" + RETURN);
      pty.await("Do it? [y/N]");
      pty.type("y" + RETURN);
      pty.await("eaten: cherry");

      pty.type("fruit:eat pear --yes" + RETURN);
      pty.await("eaten: pear");
      pty.type("fruit:eat stone" + RETURN);
      pty.await("nobody eats stones");
      assertEquals(List.of("cherry", "pear"), done);
    } finally {
      registration.unregister();
    }
  }

  /** A change that says beforehand what it will do. */
  private record Eating(List<String> done) implements Command {
    @Override
    public CommandSpec spec() {
      return CommandSpec.of("fruit", "eat", "eat a fruit")
          .changing()
          .withArgument("name", "which")
          .withExample("fruit:eat apple");
    }

    @Override
    public void preview(Invocation invocation, Output output) throws CommandException {
      if (invocation.argument("name").equals("stone")) {
        throw new CommandException("nobody eats stones");
      }
      output.message("an " + invocation.argument("name") + " will be gone");
    }

    @Override
    public void run(Invocation invocation, Output output) {
      done.add(invocation.argument("name"));
      output.message("eaten: " + invocation.argument("name"));
    }
  }

  @Test
  void remembersLinesInTheNextConsole() throws Exception {
    try (Pty pty = open()) {
      pty.type("echo to be remembered" + RETURN);
      pty.await("\r\nto be remembered");
      pty.await(PROMPT);
      pty.type(CTRL_D);
      pty.await("status 0");
    }
    try (Pty pty = open()) {
      pty.type(UP);
      pty.await("to be remembered");
    }
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(agent.state().resolve("console.history"))));
  }

  @Test
  void cutsTablesToTheWindow() throws Exception {
    try (Pty pty = new Pty("stty cols 18 rows 20; exec " + client())) {
      pty.await(PROMPT);
      pty.type("bundle:list" + RETURN);
      pty.await("…");
    }
  }

  @Test
  void followsChangesOfTheWindow() throws Exception {
    Path bell = agent.state().resolve("bell");
    new ProcessBuilder("mkfifo", bell.toString()).start().waitFor();
    String resizer = "(read x < " + bell + "; stty -F /dev/tty cols 200) &";
    try (Pty pty = new Pty("stty cols 40 rows 20; " + resizer + " exec " + client())) {
      pty.await(PROMPT);
      Files.writeString(bell, "now\n");

      // The console learns the size a moment later: ask until it knows.
      String table = "…";
      for (int i = 0; i < 100 && table.contains("…"); i++) {
        pty.type("bundle:list" + RETURN);
        pty.await("NAME");
        table = pty.await(PROMPT);
      }
      assertTrue(table.contains("org.apache.felix.framework"), table);
    }
  }

  @Test
  void putsTheTerminalBack() throws Exception {
    try (Pty pty = new Pty(client() + "; echo status $?; stty -a; echo end")) {
      pty.await(PROMPT);
      pty.type("exit" + RETURN);
      pty.await("status 0");
      String settings = pty.await("end");
      assertTrue(settings.contains(" icanon") && settings.contains(" echo "), settings);
    }
  }

  @Test
  void reportsErrorsInPlace() throws Exception {
    try (Pty pty = open()) {
      pty.type("fruit:list red --rotten" + RETURN);
      pty.await("fruit:list: cherry: rotten (expected: fresh)");
      pty.await(PROMPT);
      pty.type("nope" + RETURN);
      pty.await("nope: no such command (help lists them)");
    }
  }

  private static Pty open() throws Exception {
    Pty pty = new Pty(client() + "; echo status $?");
    pty.await(PROMPT);
    return pty;
  }

  private static String client() {
    return agent.client() + " --state " + agent.state() + " console";
  }
}
