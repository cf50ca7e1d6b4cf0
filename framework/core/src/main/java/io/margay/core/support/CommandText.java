// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a command says, as text: its rows as JSON, one a line, and its messages as they are. */
final class CommandText implements Output {
  private final StringBuilder text = new StringBuilder();

  private CommandText() {}

  /** Runs a command with these options. */
  static String of(Command command, Map<String, String> options) {
    CommandText output = new CommandText();
    try {
      command.run(new Options(options), output);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      output.message("it took too long");
    } catch (CommandException | RuntimeException | LinkageError e) {
      output.message("it failed: " + e); // One that fails is worth a line; the others go on.
    }
    return output.text.toString();
  }

  private record Options(Map<String, String> given) implements Invocation {
    @Override
    public Optional<String> value(String name) {
      return Optional.ofNullable(given.get(name));
    }

    @Override
    public List<String> values(String name) {
      return value(name).stream().toList();
    }

    @Override
    public boolean has(String flag) {
      return false;
    }

    @Override
    public byte[] input() {
      return new byte[0];
    }
  }

  @Override
  public void row(Record row) {
    message(RowText.of(row));
  }

  @Override
  public void message(String line) {
    text.append(line).append('\n');
  }

  @Override
  public boolean isClosed() {
    return Thread.currentThread().isInterrupted();
  }

  @Override
  public void flush() {}
}
