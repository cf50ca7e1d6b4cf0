// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Caller;
import io.margay.api.console.CommandSpec.Role;
import io.margay.console.audit.Audit;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jline.terminal.Terminal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's shell: Gogo with our commands in it. Opens sessions; any thread may. */
public final class Shell implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Shell.class);

  private final CommandRegistry commands;
  private final ShellProcessor processor;
  private final Scripting scripting;
  private final Audit audit;
  private final String nodeName;
  private final Path history;

  /**
   * @param state state directory of the node, where the history is kept
   */
  public Shell(CommandRegistry commands, Audit audit, String nodeName, Path state) {
    this.commands = commands;
    this.scripting = new Scripting(state.resolve("console.aliases"));
    this.processor = new ShellProcessor(commands, scripting);
    this.audit = audit;
    this.nodeName = nodeName;
    this.history = state.resolve("console.history");
  }

  /**
   * Loader for threads of a shell: Gogo and JLine look up resources by the context class loader.
   */
  public static ClassLoader classLoader() {
    return org.apache.felix.gogo.jline.Posix.class.getClassLoader();
  }

  /** A session without a terminal. */
  public ShellSession open(Caller caller, InputStream in, OutputStream out, OutputStream err) {
    return new ShellSession(processor, in, out, err, caller, audit, Optional.empty());
  }

  /** A session at a terminal. */
  ShellSession open(Caller caller, Terminal terminal) {
    OutputStream screen = terminal.output();
    return new ShellSession(
        processor, terminal.input(), screen, screen, caller, audit, Optional.of(terminal));
  }

  CommandRegistry commands() {
    return commands;
  }

  /** Names of the tools that lines are piped to, and of aliases. */
  List<String> tools() {
    List<String> names = new ArrayList<>(processor.toolNames());
    names.addAll(scripting.names());
    return names;
  }

  String nodeName() {
    return nodeName;
  }

  /** What a session for admins begins with: aliases. */
  void prepare(ShellSession session) {
    try {
      scripting.open(session);
    } catch (IOException e) {
      LOG.warn("Aliases not read reason={}", e.toString());
    }
  }

  /** Where the history of this one is kept; only root's own has no name. */
  Path history(Caller caller) {
    if (caller.may(Role.ADMIN) && caller.origin().equals("local")) {
      return history;
    }
    String name = caller.name().replaceAll("[^A-Za-z0-9_-]", "_");
    return history.resolveSibling(history.getFileName() + "." + name);
  }

  @Override
  public void close() {
    processor.stop();
  }
}
