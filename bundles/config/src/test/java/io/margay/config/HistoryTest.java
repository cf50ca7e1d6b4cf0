// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes that are written down. */
class HistoryTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path state;

  @Test
  void keepsTheLatestTwentyForRootAlone() throws IOException {
    Path folder = state.resolve("config-history");
    History history = new History(folder);
    for (int i = 1; i <= 25; i++) {
      history.add("console", "a.cfg", Optional.empty(), Optional.of("n = " + i + "\n"), NOW);
    }

    List<Change> changes = new History(folder).changes();

    assertEquals(20, changes.size());
    assertEquals(
        new Change(25, NOW, "console", "a.cfg", Optional.empty(), Optional.of("n = 25\n")),
        changes.get(19));
    assertEquals(6, changes.get(0).number());
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
  }

  @Test
  void showsNoSecret() {
    assertEquals(
        List.of("bindPassword default -> ***", "threads 1 -> default"),
        Change.lines(Map.of("threads", "1"), Map.of("bindPassword", "tiger")));
  }
}
