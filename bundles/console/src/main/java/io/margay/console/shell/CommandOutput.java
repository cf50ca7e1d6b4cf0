// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.CommandSpec;
import io.margay.api.console.Output;
import io.margay.console.render.Cell;
import io.margay.console.render.JsonRows;
import io.margay.console.render.Rows;
import io.margay.console.render.Style;
import io.margay.console.render.Table;
import org.apache.felix.service.command.Job;
import org.apache.felix.service.command.Process;

/** Renders what one call of a command emits. */
final class CommandOutput implements Output {
  private final Process process;
  private final boolean json;
  private final Rows rows;
  private boolean spoken;
  private boolean hasRows;

  CommandOutput(CommandSpec spec, Process process, Style style, boolean json) {
    this.process = process;
    this.json = json;
    this.rows = json ? new JsonRows(process.out()) : new Table(process.out(), style, spec.rows());
  }

  @Override
  public void row(Record row) {
    if (!isOver()) {
      hasRows = true;
      rows.add(row);
    }
  }

  @Override
  public void message(String text) {
    if (isOver()) {
      return;
    }
    spoken = true;
    if (text.isEmpty()) {
      return; // Documents that are not there: a script reads nothing rather than an empty line.
    }
    if (json) {
      process.err().println(Cell.printableLines(text));
    } else {
      rows.flush(); // The reader gets rows and sentences in the order they were emitted.
      process.out().println(Cell.printableLines(text));
    }
  }

  @Override
  public void result(String text, Record row) {
    if (json) {
      row(row);
    } else {
      message(text);
    }
  }

  @Override
  public boolean isClosed() {
    return isOver() || process.out().checkError() || Thread.currentThread().isInterrupted();
  }

  @Override
  public void flush() {
    if (!isOver()) {
      rows.flush();
    }
  }

  /** Whether there was anything to read. */
  boolean hasSpoken() {
    return spoken || hasRows;
  }

  /** Writes what is still to be written, after the command returned or failed. */
  void end(boolean succeeded) {
    if (!isOver()) {
      rows.end(succeeded && (json || !spoken));
    }
  }

  /** Ctrl-C ends the job at once; a command that has not noticed yet writes no more. */
  private boolean isOver() {
    return process.job().status() == Job.Status.Done;
  }
}
