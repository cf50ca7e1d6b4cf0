// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** UDP ports in use in this network namespace, by programs and by the kernel's tunnels. */
final class UdpPorts {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/net/udp"), Path.of("/proc/net/udp6"));

  private UdpPorts() {}

  /** Reads the tables of sockets; blocks. A kernel without IPv6 has only one of them. */
  static Set<Integer> inUse() throws IOException {
    Set<Integer> ports = new TreeSet<>();
    for (Path table : TABLES) {
      if (Files.exists(table)) {
        ports.addAll(parse(Files.readAllLines(table)));
      }
    }
    return ports;
  }

  /** Of a table with a heading, whose second column is ADDRESS:PORT in hexadecimal. */
  static Set<Integer> parse(List<String> table) {
    Set<Integer> ports = new TreeSet<>();
    for (String line : table.subList(1, table.size())) {
      String local = line.trim().split("\\s+")[1];
      ports.add(Integer.parseInt(local.substring(local.lastIndexOf(':') + 1), 16));
    }
    return ports;
  }
}
