// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

/** Functions of the kernel that programs call; linux/bpf.h BPF_FUNC_*. */
enum Helper {
  /** (map, key) to the value, or 0. */
  MAP_LOOKUP_ELEM(1),
  /** () to a random number of 32 bits. */
  GET_PRANDOM_U32(7),
  /** (packet, offset, from, bytes, flags) to 0 or a negative errno. */
  SKB_STORE_BYTES(9),
  /** (packet, offset of the checksum, old word, new word, bytes of a word) to 0 or an errno. */
  L3_CSUM_REPLACE(10),
  /** (packet, bytes that must lie in one piece) to 0 or an errno. */
  SKB_PULL_DATA(39),
  /** (packet, bytes more or less, where, flags) to 0 or an errno. */
  SKB_ADJUST_ROOM(50),
  /** (link, 0, 0, 0) to what the program then returns; the kernel finds the neighbour. */
  REDIRECT_NEIGH(152);

  final int number;

  Helper(int number) {
    this.number = number;
  }
}
