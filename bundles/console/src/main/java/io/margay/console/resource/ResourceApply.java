// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.store.Key;
import io.margay.api.store.Outcome;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code resource:apply}: creates or changes the resources of a file. All are checked before any is
 * written; a write that meets somebody else's is planned again from what is there then.
 */
@Component
public final class ResourceApply implements Command {
  private static final int ATTEMPTS = 5;

  private record Row(String resource, String result) {}

  private final Store store;
  private final ApplyPlanner planner;

  @Activate
  public ResourceApply(@Reference Store store) {
    this.store = store;
    this.planner = new ApplyPlanner(store, Clock.systemUTC());
  }

  @Override
  public CommandSpec spec() {
    return ResourceInput.withFile(
            CommandSpec.of("resource", "apply", "create or change the resources of a file"))
        .changing()
        .withExample("margay apply -f pools.yaml");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    List<String> problems = new ArrayList<>();
    List<Draft> drafts = Draft.of(YamlReader.read(ResourceInput.read(invocation)), problems);
    refuse(problems);
    drafts.forEach(draft -> warn(draft, output));
    try {
      apply(drafts).forEach((text, row) -> output.result(text, row));
    } catch (StoreException e) {
      throw new CommandException("store: " + e.getMessage(), e);
    }
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    List<String> problems = new ArrayList<>();
    List<Draft> drafts = Draft.of(YamlReader.read(ResourceInput.read(invocation)), problems);
    refuse(problems);
    try {
      List<Change> changes = planner.plan(drafts, problems);
      refuse(problems);
      for (Change change : changes) {
        output.message(
            switch (change.verb()) {
                  case "created" -> "+ ";
                  case "configured" -> "~ ";
                  default -> "  ";
                }
                + Kinds.label(change.key())
                + (change.write().isEmpty() ? " is so already" : ""));
        change.fields().forEach(field -> output.message("    " + field));
      }
    } catch (StoreException e) {
      throw new CommandException("store: " + e.getMessage(), e);
    }
  }

  private Map<String, Row> apply(List<Draft> drafts) throws StoreException, CommandException {
    Map<Key, String> written = new HashMap<>();
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      List<String> problems = new ArrayList<>();
      List<Change> changes = planner.plan(drafts, problems);
      refuse(problems);
      if (write(changes, written)) {
        return results(changes, written);
      }
    }
    throw new CommandException(
        "somebody else keeps changing the same resources (expected: apply once more later)");
  }

  /** Whether all were written; those that were are noted. */
  private boolean write(List<Change> changes, Map<Key, String> written) throws StoreException {
    List<Write> writes = changes.stream().map(Change::write).flatMap(Optional::stream).toList();
    boolean complete = true;
    if (!writes.isEmpty()) {
      for (Outcome outcome : store.write(writes)) {
        if (outcome.isWritten()) {
          written.put(outcome.key(), verb(changes, outcome.key()));
        }
        complete &= outcome.isWritten();
      }
    }
    return complete;
  }

  private static String verb(List<Change> changes, Key key) {
    return changes.stream().filter(c -> c.key().equals(key)).findFirst().orElseThrow().verb();
  }

  private static Map<String, Row> results(List<Change> changes, Map<Key, String> written) {
    Map<String, Row> results = new LinkedHashMap<>();
    for (Change change : changes) {
      String label = Kinds.label(change.key());
      String verb = written.getOrDefault(change.key(), change.verb());
      results.put(label + " " + verb, new Row(label, verb));
    }
    return results;
  }

  private static void warn(Draft draft, Output output) {
    for (String field : draft.resource().unknownFields()) {
      output.message(
          "warning: "
              + draft.document().at(field)
              + ": "
              + draft.resource()
              + ": "
              + field
              + ": unknown field, kept without effect");
    }
  }

  private static void refuse(List<String> problems) throws CommandException {
    if (!problems.isEmpty()) {
      throw new CommandException("nothing was written\n  " + String.join("\n  ", problems));
    }
  }
}
