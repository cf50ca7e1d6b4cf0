// SPDX-License-Identifier: Apache-2.0
package io.margay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The CPU time that each thread of this process has used, those of the compiler and the collector,
 * too, but not the one that asks: it would measure its own reading here. Java's measure of the
 * whole process counts in hundredths of a second.
 */
record CpuTime(Map<Path, Long> nanos) {
  private static final Path THREADS = Path.of("/proc/self/task");

  static CpuTime now() throws IOException {
    Map<Path, Long> nanos = new HashMap<>();
    Path self = THREADS.resolve(Path.of("/proc/thread-self").toRealPath().getFileName());
    try (Stream<Path> threads = Files.list(THREADS)) {
      for (Path thread : threads.filter(t -> !t.equals(self)).toList()) {
        try {
          String first = Files.readString(thread.resolve("schedstat")).split(" ")[0];
          nanos.put(thread, Long.parseLong(first));
        } catch (NoSuchFileException ended) {
          nanos.remove(thread); // The JVM ends compiler threads that have nothing to do.
        }
      }
    }
    return new CpuTime(nanos);
  }

  double secondsSince(CpuTime before) {
    long sum = 0;
    for (Map.Entry<Path, Long> thread : nanos.entrySet()) {
      sum += thread.getValue() - before.nanos.getOrDefault(thread.getKey(), 0L);
    }
    return sum / 1e9;
  }
}
