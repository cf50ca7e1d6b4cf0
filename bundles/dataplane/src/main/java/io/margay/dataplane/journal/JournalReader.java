// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.journal;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.JournalRecord;
import io.margay.api.dataplane.JournalRecord.Action;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Reads the files of a journal, while they are written too. */
public final class JournalReader {
  private final Segments segments;

  public JournalReader(Path folder) {
    segments = new Segments(folder);
  }

  /** See {@link io.margay.api.dataplane.Journal#visit}. */
  public void visit(Instant since, Predicate<JournalRecord> visitor) throws IOException {
    List<Path> newestFirst = segments.all();
    Collections.reverse(newestFirst);
    Instant last = Instant.now();
    for (Path file : newestFirst) {
      try (BackwardLines lines = new BackwardLines(file)) {
        lines.next(); // Nothing, or what is being written just now.
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
          Optional<JournalRecord> read = JournalLine.read(line);
          JournalRecord entry = read.isPresent() ? read.get() : unreadable(line, last);
          last = entry.time();
          if (last.isBefore(since) || !visitor.test(entry)) {
            return;
          }
        }
      } catch (NoSuchFileException e) {
        return; // The oldest was removed meanwhile.
      }
    }
  }

  /** The record written last; empty when there is none. */
  Optional<JournalRecord> last() throws IOException {
    JournalRecord[] found = new JournalRecord[1];
    visit(
        Instant.MIN,
        entry -> {
          found[0] = entry;
          return entry.sequence() == 0;
        });
    return Optional.ofNullable(found[0]).filter(entry -> entry.sequence() > 0);
  }

  /** See {@link io.margay.api.dataplane.Journal#begins}. */
  public Optional<Instant> begins() throws IOException {
    Instant oldest = null;
    for (Path file : segments.all()) {
      try (BackwardLines lines = new BackwardLines(file)) {
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
          oldest = JournalLine.read(line).map(JournalRecord::time).orElse(oldest);
        }
      } catch (NoSuchFileException e) {
        continue; // Removed meanwhile: the next is the oldest.
      }
      if (oldest != null) {
        break;
      }
    }
    return Optional.ofNullable(oldest);
  }

  private static JournalRecord unreadable(byte[] line, Instant time) {
    String text = "a line of " + line.length + " bytes cannot be read";
    Cause cause = new Cause(Cause.Kind.OTHER, "torn by a crash, or of another version");
    return new JournalRecord(
        0, time, Action.REMARK, Optional.empty(), text, Optional.empty(), cause, Optional.empty());
  }
}
