// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import java.util.ArrayList;
import java.util.List;

/** What tshark makes of packets on a node's uplink. */
final class Tshark {
  private Tshark() {}

  /**
   * Waits for a UDP packet that the filter takes. A line {@code field=values} for each field, the
   * values of outer headers first.
   */
  static String nextPacket(KernelNode node, String filter, List<String> fields) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("tshark", "-l", "-n", "-Q", "-i", "eth0", "-c", "1"));
    command.addAll(List.of("-f", "udp and (" + filter + ")", "-d", "udp.port==4790,vxlan"));
    command.addAll(List.of("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"));
    command.addAll(List.of("-T", "fields", "-E", "separator=|", "-E", "aggregator=;"));
    fields.forEach(field -> command.addAll(List.of("-e", field)));
    String output = node.exec(command.toArray(String[]::new));
    // Beside remarks about the user root.
    String[] values =
        output.lines().filter(l -> l.contains("|")).findFirst().orElseThrow().split("\\|");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      text.append(fields.get(i)).append('=').append(values[i]).append('\n');
    }
    return text.toString();
  }
}
