// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

/**
 * What a receiver must understand to take a packet in: {@code direct}, {@code ipip}, {@code
 * vxlan/4096/4789}. The first word is the name of the mode whose standing objects receive it, so
 * that two modes that use one wire understand each other.
 */
public record Wire(String name) implements Comparable<Wire> {
  /** Pod packets as they are; every node that forwards understands it. */
  public static final Wire DIRECT = new Wire("direct");

  public Wire {
    if (!name.matches("[a-z0-9][a-z0-9._/-]*")) {
      throw new IllegalArgumentException(
          "wire: " + name + " (expected: lower-case words and numbers with slashes)");
    }
  }

  /** Name of the mode whose standing objects receive this wire. */
  public String mode() {
    int slash = name.indexOf('/');
    return slash < 0 ? name : name.substring(0, slash);
  }

  @Override
  public int compareTo(Wire other) {
    return name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return name;
  }
}
