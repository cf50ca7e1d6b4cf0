// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.dataplane.Journal;
import io.margay.core.query.QueryResponder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Answers with records of this node's journal; the arguments are a {@link JournalFilter}. */
@Component(service = QueryResponder.Verb.class)
public final class JournalVerb implements QueryResponder.Verb {
  static final String VERB = "journal";

  /** Of one answer, which is a document of the store: some 250 KiB. */
  static final int MAX_RECORDS = 1000;

  private static final String ROWS = "rows";

  private final Journal journal;

  @Activate
  public JournalVerb(@Reference Journal journal) {
    this.journal = journal;
  }

  @Override
  public String name() {
    return VERB;
  }

  @Override
  public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
    JournalFilter filter;
    try {
      filter = JournalFilter.of(arguments);
    } catch (IllegalArgumentException | DateTimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    // Files are read, so on a thread of its own.
    return CompletableFuture.supplyAsync(
        () -> read(filter), task -> new Thread(task, "journal-answer").start());
  }

  private Map<String, Object> read(JournalFilter filter) {
    try {
      return Map.of(
          ROWS, filter.read(journal).stream().map(JournalRow::of).map(JournalRow::toMap).toList());
    } catch (IOException e) {
      throw new UncheckedIOException("the journal cannot be read: " + e.getMessage(), e);
    }
  }

  /** The rows in an answer. */
  static List<JournalRow> rows(Map<String, Object> answer) {
    return answer.get(ROWS) instanceof List<?> rows
        ? rows.stream().map(JournalRow::parse).toList()
        : List.of();
  }
}
