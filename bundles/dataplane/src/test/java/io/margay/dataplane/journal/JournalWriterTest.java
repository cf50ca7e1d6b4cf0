// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.JournalRecord;
import io.margay.api.dataplane.JournalRecord.Action;
import io.margay.api.dataplane.Owner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalWriterTest {
  private static final long PLENTY = 1 << 20;
  private static final Cause CAUSE =
      new Cause(Cause.Kind.CNI, "CNI ADD \"x\" \\ é \u0001 \ud83d\ude00", Optional.of("blue/web"));

  @TempDir Path state;

  @Test
  void givesBackWhatItTookDown() throws Exception {
    Instant before = Instant.now();
    write(
        PLENTY,
        writer -> {
          writer.record(Action.ADD, Owner.pool("blue"), "route a", null, CAUSE, null);
          writer.record(Action.REPLACE, null, "route b", "route a", CAUSE, "EPERM");
        });

    List<JournalRecord> read = read();

    assertEquals(2, read.size());
    JournalRecord first = read.get(0);
    assertEquals(1, first.sequence());
    assertFalse(first.time().isBefore(before));
    assertEquals(Optional.of("pool/blue"), first.owner());
    assertEquals("+ route a", first.toString());
    assertEquals(CAUSE, first.cause());
    assertEquals(Optional.empty(), first.errno());
    JournalRecord second = read.get(1);
    assertEquals(2, second.sequence());
    assertEquals(Optional.empty(), second.owner());
    assertEquals("~ route b  (was: route a)", second.toString());
    assertEquals(Optional.of("EPERM"), second.errno());
    assertEquals(Optional.of(first.time()), new JournalReader(journal()).begins());
  }

  @Test
  void anotherWriterGoesOnCounting() throws Exception {
    write(PLENTY, writer -> note(writer, "first"));
    write(PLENTY, writer -> note(writer, "second"));

    assertEquals(List.of("1 first", "2 second"), numbered());
    assertEquals(1, new Segments(journal()).all().size());
  }

  @Test
  void toleratesATornLineAndSaysSo() throws Exception {
    write(PLENTY, writer -> note(writer, "first"));
    Path segment = new Segments(journal()).all().get(0);
    Files.writeString(segment, "{\"n\":2,\"t\":\"2026-", StandardOpenOption.APPEND);

    assertEquals(List.of("1 first"), numbered(), "it may be being written just now");

    write(PLENTY, writer -> note(writer, "second"));
    assertEquals(List.of("1 first", "0 a line of 17 bytes cannot be read", "2 second"), numbered());
  }

  @Test
  void keepsWithinItsBoundAndDropsTheOldest() throws Exception {
    long bound = 64 << 10;
    String text = "x".repeat(1000);
    for (int round = 0; round < 4; round++) {
      write(
          bound,
          writer -> {
            for (int i = 0; i < 40; i++) {
              note(writer, text);
            }
          });
    }

    long total = 0;
    for (Path file : new Segments(journal()).all()) {
      total += Files.size(file);
    }
    // A chunk is written whole, so that the last segment may be that much longer.
    assertTrue(total <= bound + (64 << 10), "bytes: " + total);
    List<JournalRecord> read = read();
    assertEquals(160, read.get(read.size() - 1).sequence());
    assertTrue(read.get(0).sequence() > 1, "the oldest are gone");
    for (int i = 1; i < read.size(); i++) {
      assertEquals(read.get(i - 1).sequence() + 1, read.get(i).sequence());
    }
  }

  @Test
  void saysHowManyItLost() throws Exception {
    JournalWriter writer = new JournalWriter(journal(), PLENTY, 2, entry -> {});
    note(writer, "first");
    note(writer, "second");
    note(writer, "third");
    note(writer, "fourth");
    writer.close();
    writer.run();

    assertEquals(
        List.of(
            "1 first", "2 second", "3 2 records lost: they came faster than they could be written"),
        numbered());
  }

  @Test
  void readsLinesLongerThanABlock() throws Exception {
    String text = "y".repeat(200_000);
    write(
        PLENTY,
        writer -> {
          note(writer, "first");
          note(writer, text);
          note(writer, "last");
        });

    assertEquals(List.of("1 first", "2 " + text, "3 last"), numbered());
  }

  private interface Work {
    void with(JournalWriter writer);
  }

  private void write(long bound, Work work) throws InterruptedException {
    JournalWriter writer = new JournalWriter(journal(), bound, entry -> {});
    work.with(writer);
    writer.close();
    writer.run();
  }

  private static void note(JournalWriter writer, String text) {
    writer.record(Action.REMARK, null, text, null, CAUSE, null);
  }

  private Path journal() {
    return state.resolve("journal");
  }

  private List<JournalRecord> read() throws IOException {
    List<JournalRecord> read = new ArrayList<>();
    new JournalReader(journal()).visit(Instant.MIN, read::add);
    Collections.reverse(read);
    return read;
  }

  private List<String> numbered() throws IOException {
    return read().stream().map(r -> r.sequence() + " " + r.object()).toList();
  }
}
