// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Prefixes whose present state one peer is still to be told: all of them when its session has just
 * come up, and what changes while it does not read. Each is in it once, so a peer that never reads
 * costs no more than the table has prefixes.
 */
final class Backlog {
  private int[] queue = new int[16];
  private int head;
  private int tail;
  private final BitSet queued = new BitSet();

  boolean isEmpty() {
    return head == tail;
  }

  void add(int prefix) {
    if (queued.get(prefix)) {
      return;
    }
    queued.set(prefix);
    if (tail == queue.length) {
      int size = tail - head;
      int[] old = queue;
      queue = size * 2 > old.length ? new int[2 * old.length] : old;
      System.arraycopy(old, head, queue, 0, size);
      head = 0;
      tail = size;
    }
    queue[tail++] = prefix;
  }

  /** The oldest; stays. */
  int peek() {
    return queue[head];
  }

  /** Takes the oldest out. */
  int take() {
    int prefix = queue[head++];
    queued.clear(prefix);
    if (head == tail) {
      head = 0;
      tail = 0;
      if (queue.length > 65536) {
        queue = Arrays.copyOf(queue, 16);
      }
    }
    return prefix;
  }

  void clear() {
    head = 0;
    tail = 0;
    queued.clear();
  }
}
