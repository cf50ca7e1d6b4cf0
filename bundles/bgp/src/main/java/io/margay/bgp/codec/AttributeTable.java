// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

/**
 * Keeps one object for each distinct block of attributes, so that a block that was seen before
 * costs no decoding. What is no longer used goes with a sweep. Confined to a thread.
 */
public final class AttributeTable {
  private static final int MIN_SLOTS = 256;

  private PathAttributes[] slots = new PathAttributes[MIN_SLOTS];
  private int size;

  /** The object for a canonical block; null when it is not there. */
  PathAttributes find(byte[] bytes, int from, int to, int hash) {
    int mask = slots.length - 1;
    for (int i = hash & mask; slots[i] != null; i = i + 1 & mask) {
      if (slots[i].wireHash() == hash && slots[i].isWire(bytes, from, to)) {
        return slots[i];
      }
    }
    return null;
  }

  /** The object that stands for these attributes. */
  public PathAttributes intern(PathAttributes attributes) {
    byte[] wire = attributes.wire();
    PathAttributes known = find(wire, 0, wire.length, attributes.wireHash());
    if (known != null) {
      return known;
    }
    if (2 * ++size > slots.length) {
      move(2 * slots.length);
    }
    put(attributes);
    return attributes;
  }

  private void put(PathAttributes attributes) {
    int mask = slots.length - 1;
    int i = attributes.wireHash() & mask;
    while (slots[i] != null) {
      i = i + 1 & mask;
    }
    slots[i] = attributes;
  }

  private void move(int length) {
    PathAttributes[] old = slots;
    slots = new PathAttributes[length];
    for (PathAttributes attributes : old) {
      if (attributes != null) {
        put(attributes);
      }
    }
  }

  public int size() {
    return size;
  }

  /** Marks attributes as used, before {@link #sweep} with the same number. */
  public static void mark(PathAttributes attributes, int sweep) {
    attributes.mark = sweep;
  }

  /** Drops all that is not marked with this number. */
  public void sweep(int sweep) {
    int used = 0;
    for (int i = 0; i < slots.length; i++) {
      if (slots[i] != null && slots[i].mark != sweep) {
        slots[i] = null;
      } else if (slots[i] != null) {
        used++;
      }
    }
    size = used;
    move(Math.max(MIN_SLOTS, Integer.highestOneBit(Math.max(1, used)) * 4));
  }
}
