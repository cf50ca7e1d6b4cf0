// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.console.Caller;
import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Role;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.console.audit.Audit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may run what, and what is on record of it. */
class RoleTest {
  private static final Caller VIEWER = Caller.of("eve", "ssh 192.0.2.7", Role.VIEWER);
  private static final Caller OPERATOR = Caller.of("olga", "ssh 192.0.2.8", Role.OPERATOR);
  private static final Caller ADMIN = Caller.of("root", "local", Role.ADMIN);

  private final Records records = new Records();
  private final List<String> done = new ArrayList<>();
  private final TestShell shell =
      new TestShell(
          records,
          new Doing(CommandSpec.of("fruit", "see", "see"), done),
          new Doing(CommandSpec.of("fruit", "turn", "turn").operating(), done),
          new Doing(CommandSpec.of("fruit", "eat", "eat").changing(), done));

  @Test
  void aViewerReads() {
    assertEquals(0, shell.run(VIEWER, "fruit:see", "").status());
    assertEquals(
        "fruit:turn: needs the role operator (eve is viewer)\n",
        shell.run(VIEWER, "fruit:turn", "").err());
    assertEquals(1, shell.run(VIEWER, "fruit:eat", "").status());
    assertEquals(List.of("see"), done);
    assertEquals(List.of("eve refused fruit:turn", "eve refused fruit:eat"), records.lines);
  }

  @Test
  void anOperatorDoesWhatCanBeUndone() {
    assertEquals(0, shell.run(OPERATOR, "fruit:turn", "").status());
    assertEquals(1, shell.run(OPERATOR, "fruit:eat", "").status());
    assertEquals(List.of("turn"), done);
    assertEquals(
        List.of("olga began fruit:turn", "ended 0", "olga refused fruit:eat"), records.lines);
  }

  @Test
  void anAdminDoesAll() {
    assertEquals(0, shell.run(ADMIN, "fruit:turn; fruit:eat", "").status());
    assertEquals(List.of("turn", "eat"), done);
  }

  @Test
  void recordsFailures() {
    TestShell failing =
        new TestShell(records, new Doing(CommandSpec.of("fruit", "fail", "fail").changing(), done));

    assertEquals(7, failing.run(ADMIN, "fruit:fail", "").status());
    assertEquals(List.of("root began fruit:fail", "ended 7"), records.lines);
  }

  @Test
  void recordsNothingOfWhatDidNotRun() {
    shell.run(ADMIN, "fruit:eat --help", "");
    shell.run(ADMIN, "fruit:eat --nope", "");

    assertEquals(List.of(), records.lines);
  }

  /** Notes that it was run. */
  private record Doing(CommandSpec spec, List<String> done) implements Command {
    @Override
    public void run(Invocation invocation, Output output) throws CommandException {
      done.add(spec.name());
      if (spec.name().equals("fail")) {
        throw new CommandException("no", 7);
      }
    }
  }

  private static final class Records implements Audit {
    private final List<String> lines = new ArrayList<>();

    @Override
    public Call begin(Caller caller, String line) {
      lines.add(caller.name() + " began " + line);
      return status -> lines.add("ended " + status);
    }

    @Override
    public void refused(Caller caller, String line) {
      lines.add(caller.name() + " refused " + line);
    }
  }
}
