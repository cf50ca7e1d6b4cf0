// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Output;
import java.util.ArrayList;
import java.util.List;

/** Collects what a command says, one row or message a line. */
final class TestOutput implements Output {
  private final List<String> lines = new ArrayList<>();
  private boolean closed;

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
    return closed;
  }

  @Override
  public void flush() {}

  /** The reader goes. */
  void close() {
    closed = true;
  }

  String text() {
    return String.join("\n", lines);
  }
}
