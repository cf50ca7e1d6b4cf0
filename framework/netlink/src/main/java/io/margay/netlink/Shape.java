// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

/** What the value of an attribute must look like, checked once when a message is decoded. */
enum Shape {
  U8(1),
  U16(2),
  U32(4),
  /** 4 or 16 bytes. */
  IP(4),
  /** Well-formed attributes. */
  NESTED(0);

  private final int minBytes;

  Shape(int minBytes) {
    this.minBytes = minBytes;
  }

  /** The shapes of one kind of message, by attribute type. Types without an entry are opaque. */
  static final class Table {
    private final Shape[] shapes = new Shape[64];

    Table put(Shape shape, int... types) {
      for (int type : types) {
        shapes[type] = shape;
      }
      return this;
    }

    /** Returns the attributes if each has its shape. */
    Attributes check(String message, Attributes attributes) throws NetlinkException {
      int[] wrong = {-1};
      attributes.forEachType(
          type -> {
            boolean known = type < shapes.length && shapes[type] != null;
            if (known && !shapes[type].fits(attributes, type)) {
              wrong[0] = type;
            }
          });
      if (wrong[0] >= 0) {
        throw NetlinkException.malformed(
            message + ": attribute " + wrong[0] + " (expected: " + shapes[wrong[0]] + ")");
      }
      return attributes;
    }
  }

  private boolean fits(Attributes attributes, int type) {
    return switch (this) {
      case IP -> attributes.ip(type).isPresent();
      case NESTED -> attributes.nested(type).isPresent();
      default -> attributes.get(type).orElseThrow().length >= minBytes;
    };
  }
}
