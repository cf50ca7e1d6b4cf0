// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SwapHistoryTest {
  @TempDir Path folder;

  @Test
  void outlivesTheAgent() throws Exception {
    SwapRecord record = record("a", "two\nlines \"quoted\"");
    new SwapHistory(folder).add(record);

    assertEquals(List.of(record), new SwapHistory(folder).records());
  }

  @Test
  void leavesOutWhatACrashCutShort() throws Exception {
    new SwapHistory(folder).add(record("a", ""));
    Files.writeString(folder.resolve("history.jsonl"), "{\"when\":", StandardOpenOption.APPEND);

    assertEquals(List.of(record("a", "")), new SwapHistory(folder).records());
  }

  @Test
  void keepsTheLatest() throws Exception {
    SwapHistory history = new SwapHistory(folder);
    for (int i = 0; i < 700; i++) {
      history.add(record("b" + i, ""));
    }

    List<SwapRecord> kept = new SwapHistory(folder).records();

    assertEquals(history.records(), kept);
    assertEquals("b699", kept.get(kept.size() - 1).name());
    assertEquals(true, kept.size() >= 500 && kept.size() <= 600, kept.size() + " kept");
  }

  private static SwapRecord record(String name, String detail) {
    return new SwapRecord(
        Instant.EPOCH, "swap", name, "1", "2", SwapRecord.Outcome.DONE, 3, detail, "/x.jar", "ab");
  }
}
