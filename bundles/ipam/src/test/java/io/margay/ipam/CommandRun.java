// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.console.Command;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One call of a command, and what it said: one row or message a line. */
record CommandRun(Map<String, String> given) implements Invocation {
  String of(Command command) throws Exception {
    List<String> lines = new ArrayList<>();
    command.run(this, new Lines(lines));
    return String.join("\n", lines) + "\n";
  }

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
    return given.containsKey(flag);
  }

  @Override
  public byte[] input() {
    return new byte[0];
  }

  private record Lines(List<String> lines) implements Output {
    @Override
    public void row(Record row) {
      lines.add(row.toString());
    }

    @Override
    public void message(String text) {
      lines.add(text);
    }

    @Override
    public boolean isClosed() {
      return false;
    }

    @Override
    public void flush() {}
  }
}
