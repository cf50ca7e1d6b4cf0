// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Caller;
import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec.Role;
import io.margay.console.audit.Audit;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The real shell without a framework or a socket around it. */
public final class TestShell {
  private final Shell shell;

  public TestShell(Command... commands) {
    this(Audit.NONE, commands);
  }

  public TestShell(Audit audit, Command... commands) {
    this(audit, Path.of("/nonexistent"), commands);
  }

  /** One with a directory of its own. */
  TestShell(Path state, Command... commands) {
    this(Audit.NONE, state, commands);
  }

  private TestShell(Audit audit, Path state, Command... commands) {
    CommandRegistry registry = new CommandRegistry();
    List.of(commands).forEach(registry::add);
    this.shell = new Shell(registry, audit, "node1", state);
  }

  public Result run(String line) {
    return run(line, "");
  }

  public Result run(String line, String input) {
    return run(Caller.of("root", "local", Role.ADMIN), line, input);
  }

  public Result run(Caller caller, String line, String input) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    var in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
    try (ShellSession session = shell.open(caller, in, out, err)) {
      if (!session.isPlain()) {
        shell.prepare(session);
      }
      int status = session.run(line);
      return new Result(
          status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
  }

  /** What a line printed and returned. */
  public record Result(int status, String out, String err) {}
}
