// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import java.util.Arrays;

/** Numbers in network byte order. */
final class Bytes {
  private Bytes() {}

  static int u8(byte[] bytes, int at) {
    return bytes[at] & 0xff;
  }

  static int u16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
  }

  static int i32(byte[] bytes, int at) {
    return u16(bytes, at) << 16 | u16(bytes, at + 2);
  }

  static long u32(byte[] bytes, int at) {
    return i32(bytes, at) & 0xffffffffL;
  }

  static long i64(byte[] bytes, int at) {
    return u32(bytes, at) << 32 | u32(bytes, at + 4);
  }

  static void put16(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >>> 8);
    bytes[at + 1] = (byte) value;
  }

  static void put32(byte[] bytes, int at, int value) {
    put16(bytes, at, value >>> 16);
    put16(bytes, at + 2, value);
  }

  /** FNV-like over words: attribute blocks are 20 to 200 bytes. */
  static int hash(byte[] bytes, int from, int to) {
    long hash = 0xcbf29ce484222325L;
    int at = from;
    for (; at + 4 <= to; at += 4) {
      hash = (hash ^ u32(bytes, at)) * 0x100000001b3L;
      hash ^= hash >>> 29;
    }
    for (; at < to; at++) {
      hash = (hash ^ u8(bytes, at)) * 0x100000001b3L;
    }
    return (int) (hash ^ hash >>> 32);
  }

  static String hex(byte[] bytes, int from, int to) {
    StringBuilder text = new StringBuilder();
    for (byte b : Arrays.copyOfRange(bytes, from, to)) {
      text.append(String.format("%02x", b));
    }
    return text.toString();
  }
}
