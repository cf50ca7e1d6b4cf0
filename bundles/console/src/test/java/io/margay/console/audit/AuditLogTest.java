// SPDX-License-Identifier: Apache-2.0
package io.margay.console.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Caller;
import io.margay.api.console.CommandSpec.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on record, and what stays of it. */
class AuditLogTest {
  private static final Caller ROOT = Caller.of("root", "local", Role.ADMIN);
  private static final Caller EVE = Caller.of("eve", "ssh 192.0.2.7", Role.VIEWER);
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

  @TempDir private Path directory;

  @Test
  void recordsBeginningAndEnd() throws IOException {
    AuditLog log = log(1 << 20);

    Audit.Call call = log.begin(ROOT, "pool:delete a");
    List<String> during = Files.readAllLines(file());
    call.end(1);

    assertEquals(1, during.size(), "a crash leaves a trace");
    List<Event> events = events(log);
    assertEquals(List.of("begin", "end"), events.stream().map(Event::kind).toList());
    assertEquals(events.get(0).id(), events.get(1).id());
    assertEquals(Optional.of(1), events.get(1).status());
    assertEquals(Optional.of(Duration.ZERO), events.get(1).took());
    assertTrue(
        during
            .get(0)
            .matches(
                "\\{\"time\":\"2026-01-01T00:00:00Z\",\"id\":\"[0-9a-f]{8}\",\"event\":\"begin\","
                    + "\"user\":\"root\",\"role\":\"ADMIN\",\"from\":\"local\","
                    + "\"line\":\"pool:delete a\"}"),
        during.get(0));
  }

  @Test
  void isForRootAlone() throws IOException {
    log(1 << 20).begin(ROOT, "pool:delete a");

    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
  }

  @Test
  void readsPastALineThatIsCutOff() throws IOException {
    AuditLog log = log(1 << 20);
    log.begin(ROOT, "pool:delete a").end(0);

    Files.writeString(file(), "{\"time\":\"2026\n{}\n[]\n7\n", StandardOpenOption.APPEND);
    log.begin(ROOT, "pool:delete b").end(0);

    assertEquals(4, events(log).size());
  }

  @Test
  void keepsWithinItsBound() throws IOException {
    AuditLog log = log(1_000);

    for (int i = 0; i < 200; i++) {
      log.begin(ROOT, "pool:delete " + i).end(0);
    }

    List<Event> events = events(log);
    assertEquals("pool:delete 199", events.get(events.size() - 1).line());
    try (var files = Files.list(directory)) {
      for (Path path : files.toList()) {
        assertTrue(Files.size(path) <= 1_000, path + ": " + Files.size(path));
      }
    }
    assertEquals(5, directory.toFile().list().length);
  }

  @Test
  void isNotWashedAwayByRefusals() throws IOException {
    AuditLog log = log(20_000);
    log.begin(ROOT, "pool:delete a").end(0);

    for (int i = 0; i < 10_000; i++) {
      log.refused(EVE, "pool:delete b");
    }

    List<Event> events = events(log);
    assertEquals("pool:delete a", events.get(0).line());
    assertEquals(62, events.size());
  }

  @Test
  void writesForAThreadThatIsInterrupted() throws IOException {
    AuditLog log = log(1 << 20);

    Thread.currentThread().interrupt();
    log.begin(ROOT, "pool:delete a");

    assertTrue(Thread.interrupted(), "the flag is still there");
    assertEquals(1, events(log).size());
  }

  @Test
  void masksSecrets() {
    assertEquals(
        "ssh:passwd eve --password *** hash=*** secretKeyRef=name 'a b' 'it'\\''s'",
        Secrets.line(
            "ssh:passwd",
            List.of("eve", "--password", "x", "hash=$2b$", "secretKeyRef=name", "a b", "it's")));
  }

  @Test
  void writesNothingThatMovesTheReader() {
    assertEquals(
        "log:set 'a\\x0ab' '\\x1b[2J' '\\x202eb'",
        Secrets.line("log:set", List.of("a\nb", "\033[2J", "\u202eb")));
  }

  private AuditLog log(long fileBytes) {
    return new AuditLog(file(), fileBytes, CLOCK);
  }

  private Path file() {
    return directory.resolve("audit.jsonl");
  }

  private static List<Event> events(AuditLog log) throws IOException {
    List<Event> events = new ArrayList<>();
    log.read(events::add);
    return events;
  }
}
