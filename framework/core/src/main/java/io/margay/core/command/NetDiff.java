// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.Journal;
import io.margay.api.dataplane.JournalRecord;
import io.margay.api.dataplane.JournalRecord.Action;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code net:diff}: what of ours differs in the kernel between then and now, as the journal has it.
 */
@Component
public final class NetDiff implements Command {
  private static final String EMPTY = "";

  private record Row(
      Instant when, String cause, String why, String pod, String change, String owner) {}

  /** All that happened to one object; the records come newest first. */
  private static final class Net {
    final JournalRecord newest;
    String before = EMPTY;

    Net(JournalRecord newest) {
      this.newest = newest;
    }

    String after() {
      return newest.action() == Action.REMOVE ? EMPTY : newest.object();
    }

    String change() {
      if (before.isEmpty()) {
        return "+ " + after();
      }
      return after().isEmpty() ? "- " + before : "~ " + after() + "  (was: " + before + ")";
    }
  }

  private final Journal journal;

  @Activate
  public NetDiff(@Reference Journal journal) {
    this.journal = journal;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "net", "diff", "list what differs in the kernel of this node between then and now")
        .withOption("since", "TIME", "when then was, such as 1h or 2026-11-23T21:05 (default: 1h)")
        .withRows(Row.class)
        .withExample("net:diff --since 10m");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Instant now = Instant.now();
    Instant since = JournalTime.option(invocation, "since", now).orElse(now.minusSeconds(60 * 60));
    Map<String, Net> changed = new HashMap<>();
    try {
      journal.visit(
          since,
          entry -> {
            take(entry, changed);
            if (entry.action() == Action.REMARK && entry.object().contains(" lost")) {
              output.message("the journal is not complete: " + entry.object());
            }
            return true;
          });
      Optional<Instant> begins = journal.begins();
      if (begins.filter(since::isBefore).isPresent()) {
        output.message("the journal begins at " + begins.get() + ": what was before is not in it");
      }
    } catch (IOException e) {
      throw new CommandException("the journal cannot be read: " + e.getMessage(), e);
    }
    changed.values().stream()
        .filter(net -> !net.before.equals(net.after()) && !wentWithItsLink(net, changed))
        .sorted(Comparator.comparing(net -> net.newest.time()))
        .forEach(net -> output.row(row(net)));
  }

  /** Remarks change nothing, nor does what the kernel refused. */
  private static void take(JournalRecord entry, Map<String, Net> changed) {
    if (entry.action() != Action.REMARK && entry.errno().isEmpty()) {
      String name = ObjectName.of(entry.object());
      Net net = changed.computeIfAbsent(name, n -> new Net(entry));
      net.before = entry.action() == Action.REMOVE ? entry.object() : entry.before().orElse(EMPTY);
    }
  }

  /** Settings of a link go with it, and nobody tells. */
  private static boolean wentWithItsLink(Net net, Map<String, Net> changed) {
    if (!net.newest.object().startsWith("sysctl ")) {
      return false;
    }
    return Arrays.stream(net.newest.object().split("[ /]"))
        .map(part -> changed.get("link " + part))
        .anyMatch(
            link ->
                link != null
                    && link.after().isEmpty()
                    && link.newest.sequence() > net.newest.sequence());
  }

  private static Row row(Net net) {
    JournalRecord newest = net.newest;
    return new Row(
        newest.time(),
        newest.cause().kind().word(),
        newest.cause().text(),
        newest.cause().pod().orElse(""),
        net.change(),
        newest.owner().orElse(""));
  }
}
