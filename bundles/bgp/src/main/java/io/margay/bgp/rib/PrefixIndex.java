// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Prefix;
import java.util.Arrays;

/**
 * Gives each prefix of a family a small number, by which all other tables are indexed. Numbers of
 * prefixes that are gone are given again. An open-addressing table over primitive arrays: 500,000
 * prefixes of IPv4 need 13 MB. Confined to a thread.
 */
final class PrefixIndex {
  private static final int FREE = -1;

  private final IpFamily family;
  private int[] slots;
  private long[] highs = new long[64];
  private long[] lows;
  private byte[] lengths = new byte[64];

  /** How many numbers were ever given, and those that are to be given again. */
  private int end;

  private int[] free = new int[16];
  private int freeCount;
  private int used;

  PrefixIndex(IpFamily family) {
    this.family = family;
    lows = new long[family == IpFamily.IPV4 ? 0 : 64];
    slots = new int[128];
    Arrays.fill(slots, FREE);
  }

  /** All numbers are below this one. */
  int end() {
    return end;
  }

  int size() {
    return used;
  }

  /** Capacity that tables indexed by the numbers need. */
  int capacity() {
    return highs.length;
  }

  long high(int id) {
    return highs[id];
  }

  long low(int id) {
    return lows.length == 0 ? 0 : lows[id];
  }

  int length(int id) {
    return lengths[id] & 0xff;
  }

  Prefix prefix(int id) {
    return new Prefix(family, high(id), low(id), length(id));
  }

  private static int hash(long high, long low, int length) {
    long hash = (high ^ Long.rotateLeft(low, 31) ^ length) * 0x9e3779b97f4a7c15L;
    return (int) (hash >>> 32) ^ (int) hash;
  }

  private boolean is(int id, long high, long low, int length) {
    return highs[id] == high && length(id) == length && low(id) == low;
  }

  /** The number of a prefix; -1 when it has none. */
  int find(long high, long low, int length) {
    int mask = slots.length - 1;
    for (int i = hash(high, low, length) & mask; slots[i] != FREE; i = i + 1 & mask) {
      if (is(slots[i], high, low, length)) {
        return slots[i];
      }
    }
    return -1;
  }

  int find(Prefix prefix) {
    return find(prefix.high(), prefix.low(), prefix.length());
  }

  /** The number of a prefix, a new one when it has none. */
  int add(long high, long low, int length) {
    int known = find(high, low, length);
    if (known >= 0) {
      return known;
    }
    int id = freeCount > 0 ? free[--freeCount] : end++;
    if (id == highs.length) {
      grow();
    }
    highs[id] = high;
    lengths[id] = (byte) length;
    if (lows.length > 0) {
      lows[id] = low;
    }
    if (2 * ++used > slots.length) {
      rehash();
    } else {
      insert(id);
    }
    return id;
  }

  private void grow() {
    int capacity = highs.length + (highs.length >> 1);
    highs = Arrays.copyOf(highs, capacity);
    lengths = Arrays.copyOf(lengths, capacity);
    if (lows.length > 0) {
      lows = Arrays.copyOf(lows, capacity);
    }
  }

  private void insert(int id) {
    int mask = slots.length - 1;
    int i = hash(highs[id], low(id), length(id)) & mask;
    while (slots[i] != FREE) {
      i = i + 1 & mask;
    }
    slots[i] = id;
  }

  private void rehash() {
    boolean[] isFree = new boolean[end];
    for (int i = 0; i < freeCount; i++) {
      isFree[free[i]] = true;
    }
    slots = new int[2 * slots.length];
    Arrays.fill(slots, FREE);
    for (int id = 0; id < end; id++) {
      if (!isFree[id]) {
        insert(id);
      }
    }
  }

  /** Takes the number from its prefix. */
  void remove(int id) {
    int mask = slots.length - 1;
    int hole = hash(highs[id], low(id), length(id)) & mask;
    while (slots[hole] != id) {
      hole = hole + 1 & mask;
    }
    // What stands behind moves up, unless it would get before its own place.
    for (int i = hole + 1 & mask; slots[i] != FREE; i = i + 1 & mask) {
      int other = slots[i];
      int home = hash(highs[other], low(other), length(other)) & mask;
      if ((i - home & mask) >= (i - hole & mask)) {
        slots[hole] = other;
        hole = i;
      }
    }
    slots[hole] = FREE;
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, 2 * free.length);
    }
    free[freeCount++] = id;
    used--;
  }
}
