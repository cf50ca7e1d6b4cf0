// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DataplaneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Packets and bytes of links, from {@code /proc/net/dev} of the calling thread's network namespace.
 * {@code /sys/class/net} would be of the namespace in which it was mounted.
 */
final class LinkCounters {
  private static final Path FILE = Path.of("/proc/thread-self/net/dev");
  private static final int RX_BYTES = 0;
  private static final int RX_PACKETS = 1;
  private static final int TX_BYTES = 8;
  private static final int TX_PACKETS = 9;

  private LinkCounters() {}

  static Map<String, Long> read(Set<String> links) throws DataplaneException {
    Map<String, Long> counters = new HashMap<>();
    try {
      for (String line : Files.readAllLines(FILE)) {
        int colon = line.lastIndexOf(':');
        String name = colon < 0 ? "" : line.substring(0, colon).strip();
        if (links.contains(name)) {
          String[] fields = line.substring(colon + 1).strip().split("\\s+");
          counters.put(name + ".rxBytes", Long.parseLong(fields[RX_BYTES]));
          counters.put(name + ".rxPackets", Long.parseLong(fields[RX_PACKETS]));
          counters.put(name + ".txBytes", Long.parseLong(fields[TX_BYTES]));
          counters.put(name + ".txPackets", Long.parseLong(fields[TX_PACKETS]));
        }
      }
    } catch (IOException e) {
      throw new DataplaneException("read " + FILE + ": " + e.getMessage(), "", e);
    }
    return counters;
  }
}
