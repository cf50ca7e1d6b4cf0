// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.dataplane.Libc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What drops packets in legacy iptables, which cannot be traced: rules and policies with the
 * packets that they counted. linux/netfilter_ipv4/ip_tables.h, netfilter_ipv6/ip6_tables.h.
 *
 * @param drops by their description
 */
record LegacyTables(Map<String, Long> drops) {
  private static final Libc C = RawSocket.C;
  private static final Path NET = Path.of("/proc/thread-self/net");
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int IPPROTO_RAW = 255;
  private static final int SO_GET_INFO = 64;
  private static final int SO_GET_ENTRIES = 65;
  private static final int NAME_BYTES = 32;
  private static final int INFO_BYTES = 84;
  private static final int INFO_HOOK_ENTRIES = 36;
  private static final int INFO_UNDERFLOWS = 56;
  private static final int INFO_SIZE = 80;

  /** struct ipt_get_entries, whose entries are aligned to 8 bytes. */
  private static final int ENTRIES_HEADER_BYTES = 40;

  private static final int TARGET_DATA = 32;
  private static final int VERDICT_DROP = -1;
  private static final List<String> HOOKS =
      List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING");

  /** The two families; struct ipt_entry and ip6t_entry differ by the addresses in front. */
  private enum Family {
    IPV4("ip_tables_names", "iptables", 2, 0, 84),
    IPV6("ip6_tables_names", "ip6tables", 10, 41, 136);

    final String names;
    final String tool;
    final int domain;
    final int level;
    final int targetOffset;
    final int countersOffset;

    Family(String names, String tool, int domain, int level, int matchBytes) {
      this.names = names;
      this.tool = tool;
      this.domain = domain;
      this.level = level;
      targetOffset = matchBytes + 4;
      countersOffset = (matchBytes + 12 + 7) & ~7;
    }
  }

  /** Reads those of this thread's network namespace; loads nothing. */
  static LegacyTables read() throws IOException {
    Map<String, Long> drops = new HashMap<>();
    for (Family family : Family.values()) {
      Path names = NET.resolve(family.names);
      if (Files.exists(names)) {
        for (String table : Files.readAllLines(names)) {
          read(family, table, drops);
        }
      }
    }
    return new LegacyTables(drops);
  }

  private static void read(Family family, String table, Map<String, Long> drops)
      throws IOException {
    int fd = C.socket(family.domain, SOCK_RAW_CLOEXEC, IPPROTO_RAW);
    if (fd < 0) {
      throw new IOException("open socket for " + family.tool);
    }
    try {
      ByteBuffer info = named(table, INFO_BYTES);
      if (C.getsockopt(fd, family.level, SO_GET_INFO, info, length(info)) < 0) {
        return; // Gone meanwhile.
      }
      int size = info.getInt(INFO_SIZE);
      ByteBuffer entries = named(table, ENTRIES_HEADER_BYTES + size).putInt(NAME_BYTES, size);
      if (C.getsockopt(fd, family.level, SO_GET_ENTRIES, entries, length(entries)) < 0) {
        return; // Changed meanwhile.
      }
      String prefix = "table " + table + " of " + family.tool + " (legacy), ";
      ByteBuffer body = entries.slice(ENTRIES_HEADER_BYTES, size).order(ByteOrder.nativeOrder());
      decode(family, info, body, prefix, drops);
    } finally {
      C.close(fd);
    }
  }

  private static void decode(
      Family family, ByteBuffer info, ByteBuffer entries, String prefix, Map<String, Long> drops) {
    String chain = "";
    int rule = 0;
    int next;
    for (int at = 0; at + family.countersOffset < entries.limit(); at += next) {
      next = entries.getShort(at + family.targetOffset + 2) & 0xffff;
      int target = at + (entries.getShort(at + family.targetOffset) & 0xffff);
      if (next == 0 || target + TARGET_DATA + 4 > entries.limit()) {
        return;
      }
      String name = text(entries, target + 2, 29);
      int hook = hookAt(info, INFO_HOOK_ENTRIES, at);
      if (hook >= 0 || name.equals("ERROR")) {
        chain = hook >= 0 ? HOOKS.get(hook) : text(entries, target + TARGET_DATA, 29);
        rule = 0;
      }
      rule += name.equals("ERROR") ? 0 : 1;
      boolean isDrop = name.isEmpty() && entries.getInt(target + TARGET_DATA) == VERDICT_DROP;
      if (isDrop || name.equals("REJECT")) {
        String what = isDrop ? "DROP" : name;
        boolean isPolicy = hookAt(info, INFO_UNDERFLOWS, at) >= 0;
        String text = isPolicy ? "policy " + what : "rule " + rule + " (" + what + ")";
        drops.put(prefix + "chain " + chain + ": " + text, counted(family, entries, at));
      }
    }
  }

  private static long counted(Family family, ByteBuffer entries, int at) {
    return entries.getLong(at + family.countersOffset);
  }

  /** The hook that has this offset in a table of struct ipt_getinfo, or -1. */
  private static int hookAt(ByteBuffer info, int table, int offset) {
    int valid = info.getInt(NAME_BYTES);
    for (int hook = 0; hook < HOOKS.size(); hook++) {
      if ((valid & 1 << hook) != 0 && info.getInt(table + 4 * hook) == offset) {
        return hook;
      }
    }
    return -1;
  }

  private static ByteBuffer named(String table, int bytes) {
    byte[] name = table.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()).put(0, name);
  }

  private static ByteBuffer length(ByteBuffer value) {
    return ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder()).putInt(0, value.capacity());
  }

  private static String text(ByteBuffer in, int at, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < most && at + i < in.limit() && in.get(at + i) != 0; i++) {
      text.append((char) in.get(at + i));
    }
    return text.toString();
  }

  /** What dropped packets since then, and how many. */
  List<String> since(LegacyTables before) {
    List<String> risen = new ArrayList<>();
    drops.forEach(
        (what, count) -> {
          long difference = count - before.drops.getOrDefault(what, 0L);
          if (difference > 0) {
            risen.add(what + ": " + difference + (difference == 1 ? " packet" : " packets"));
          }
        });
    risen.sort(null);
    return risen;
  }
}
