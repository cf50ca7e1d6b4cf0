// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest attempts of this node, oldest first: {@code history.jsonl}, one JSON object a line.
 * Written on the swap thread, read on any.
 */
final class SwapHistory {
  private static final Logger LOG = LoggerFactory.getLogger(SwapHistory.class);
  private static final int KEPT = 500;

  private final Path file;
  private volatile List<SwapRecord> records;

  /** Attempts since the start, by {@link SwapRecord.Outcome#ordinal}. */
  private final AtomicLongArray counts = new AtomicLongArray(SwapRecord.Outcome.values().length);

  SwapHistory(Path folder) throws IOException {
    file = folder.resolve("history.jsonl");
    records = read();
  }

  List<SwapRecord> records() {
    return records;
  }

  /** The latest attempt that concerned a bundle. */
  Optional<SwapRecord> latest(String name) {
    return records.stream().filter(r -> r.name().equals(name)).reduce((first, later) -> later);
  }

  /** Attempts that ended so since the agent started. */
  long count(SwapRecord.Outcome outcome) {
    return counts.get(outcome.ordinal());
  }

  void add(SwapRecord record) throws IOException {
    counts.incrementAndGet(record.outcome().ordinal());
    List<SwapRecord> more = new ArrayList<>(records);
    more.add(record);
    Files.createDirectories(file.getParent());
    if (more.size() > KEPT + KEPT / 5) {
      more.subList(0, more.size() - KEPT).clear();
      rewrite(more);
    } else {
      Files.write(file, line(record), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
    records = List.copyOf(more);
  }

  private void rewrite(List<SwapRecord> all) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (SwapRecord record : all) {
      out.writeBytes(line(record));
    }
    Path fresh = file.resolveSibling("history.jsonl.new");
    Files.write(fresh, out.toByteArray());
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static byte[] line(SwapRecord record) {
    String json = new String(Json.write(record.toMap()), StandardCharsets.UTF_8);
    return (json.replace("\n", " ") + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** A line that a crash cut short is left out. */
  private List<SwapRecord> read() throws IOException {
    List<SwapRecord> found = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        try {
          found.add(SwapRecord.of(Json.parseObject(line.getBytes(StandardCharsets.UTF_8))));
        } catch (InvalidResourceException | IllegalArgumentException e) {
          LOG.warn("Line of the history left out file={} reason={}", file, e.getMessage());
        }
      }
    }
    return List.copyOf(found);
  }
}
