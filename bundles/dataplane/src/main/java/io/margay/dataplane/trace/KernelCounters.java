// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counters of packets, of the network namespace of the calling thread. */
record KernelCounters(Map<String, Long> values) {
  private static final Path NET = Path.of("/proc/thread-self/net");

  /** Kinds of counters that tell where packets went, beside those of links. */
  private static final Set<String> WANTED =
      Set.of(
          "Ip.ForwDatagrams",
          "Ip.FragFails",
          "Ip.InAddrErrors",
          "Ip.InDiscards",
          "Ip.InHdrErrors",
          "Ip.InUnknownProtos",
          "Ip.OutDiscards",
          "Ip.OutNoRoutes",
          "IpExt.InCsumErrors",
          "IpExt.InNoRoutes",
          "IpExt.InTruncatedPkts",
          "TcpExt.IPReversePathFilter",
          "Ip6.InAddrErrors",
          "Ip6.InDiscards",
          "Ip6.InHdrErrors",
          "Ip6.InNoRoutes",
          "Ip6.InTooBigErrors",
          "Ip6.InUnknownProtos",
          "Ip6.OutDiscards",
          "Ip6.OutForwDatagrams",
          "Ip6.OutNoRoutes");

  /** Names of the fields of /proc/net/dev by their position. */
  private static final Map<Integer, String> LINK_FIELDS =
      Map.of(
          1, "rxPackets",
          2, "rxErrors",
          3, "rxDropped",
          9, "txPackets",
          10, "txErrors",
          11, "txDropped",
          14, "txCarrierErrors");

  static KernelCounters read() throws IOException {
    Map<String, Long> values = new HashMap<>();
    pairs(Files.readAllLines(NET.resolve("snmp")), values);
    pairs(Files.readAllLines(NET.resolve("netstat")), values);
    Path snmp6 = NET.resolve("snmp6");
    if (Files.exists(snmp6)) {
      names(Files.readAllLines(snmp6), values);
    }
    values.keySet().retainAll(WANTED);
    Path xfrm = NET.resolve("xfrm_stat");
    if (Files.exists(xfrm)) {
      names(Files.readAllLines(xfrm), values);
    }
    links(Files.readAllLines(NET.resolve("dev")), values);
    return new KernelCounters(values);
  }

  /** Two lines each: {@code Ip: NAME ...}, {@code Ip: VALUE ...}. */
  static void pairs(List<String> lines, Map<String, Long> values) {
    for (int i = 0; i + 1 < lines.size(); i += 2) {
      String[] names = lines.get(i).split("\\s+");
      String[] numbers = lines.get(i + 1).split("\\s+");
      String prefix = names[0].replace(":", ".");
      for (int n = 1; n < names.length && n < numbers.length; n++) {
        values.put(prefix + names[n], Long.parseLong(numbers[n]));
      }
    }
  }

  /** One line each: {@code Ip6InDiscards VALUE}, which becomes {@code Ip6.InDiscards}. */
  static void names(List<String> lines, Map<String, Long> values) {
    for (String line : lines) {
      String[] parts = line.split("\\s+");
      values.put(parts[0].replaceFirst("^Ip6", "Ip6."), Long.parseLong(parts[1]));
    }
  }

  static void links(List<String> lines, Map<String, Long> values) {
    for (String line : lines) {
      int colon = line.lastIndexOf(':');
      String[] fields = line.substring(colon + 1).strip().split("\\s+");
      if (colon > 0) {
        String link = line.substring(0, colon).strip();
        LINK_FIELDS.forEach((i, name) -> values.put(link + "." + name, Long.parseLong(fields[i])));
      }
    }
  }

  /** By how much counters rose since then; those that did not are left out. */
  Map<String, Long> since(KernelCounters before) {
    Map<String, Long> risen = new HashMap<>();
    values.forEach(
        (name, value) -> {
          long difference = value - before.values.getOrDefault(name, 0L);
          if (difference > 0) {
            risen.put(name, difference);
          }
        });
    return risen;
  }
}
