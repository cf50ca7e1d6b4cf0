// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import java.util.Arrays;

/** Numbers one behind the other. */
final class IntList {
  private int[] values = new int[32];
  private int size;

  void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
    }
    values[size++] = value;
  }

  int get(int at) {
    return values[at];
  }

  int size() {
    return size;
  }

  void clearLast() {
    size--;
  }

  void clear() {
    size = 0;
  }
}
