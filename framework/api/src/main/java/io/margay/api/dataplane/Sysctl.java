// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

/**
 * A kernel setting below {@code /proc/sys}. Retiring one leaves its value.
 *
 * @param path relative, such as {@code net/ipv4/conf/eth0/rp_filter}; slashes, because interface
 *     names contain dots
 */
public record Sysctl(String path, String value) implements KernelObject {
  /** The kernel's key. */
  public record Key(String path) {}

  public Sysctl {
    if (!path.startsWith("net/") || path.contains("..")) {
      throw new IllegalArgumentException(
          "sysctl: " + path + " (expected: a path below net/ without ..)");
    }
  }

  public static Sysctl of(String path, String value) {
    return new Sysctl(path, value);
  }

  public static Sysctl of(String path, int value) {
    return new Sysctl(path, Integer.toString(value));
  }

  @Override
  public Key key() {
    return new Key(path);
  }

  @Override
  public Kind kind() {
    return Kind.SYSCTL;
  }

  @Override
  public String toString() {
    return "sysctl " + path + " = " + value;
  }
}
