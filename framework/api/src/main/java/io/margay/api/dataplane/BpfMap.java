// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A BPF map, pinned below the node's state directory, so that it and what it counts outlive the
 * agent. A map of another shape under the same name is replaced, which loses what it held.
 */
public final class BpfMap implements KernelObject {
  /** The kernel's key. */
  public record Key(String name) {}

  /** Kinds of maps; linux/bpf.h BPF_MAP_TYPE_*. */
  public enum Type {
    HASH,
    ARRAY,
    /** An array with a value per processor; {@link Dataplane#counters} adds them up. */
    PERCPU_ARRAY
  }

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,14}");

  private final String name;
  private final Type type;
  private final int keyBytes;
  private final int valueBytes;
  private final int maxEntries;
  private final List<String> counters;

  private BpfMap(
      String name, Type type, int keyBytes, int valueBytes, int maxEntries, List<String> counters) {
    this.name = name;
    this.type = type;
    this.keyBytes = keyBytes;
    this.valueBytes = valueBytes;
    this.maxEntries = maxEntries;
    this.counters = counters;
  }

  /**
   * A map whose entries are declared as {@link BpfMapEntry}.
   *
   * @param name 1..15 lower-case letters, digits and underscores, the first a letter
   * @param keyBytes size of a key, 1..512
   * @param valueBytes size of a value, 1..65536
   * @param maxEntries how many it can hold, at least 1
   */
  public static BpfMap of(String name, Type type, int keyBytes, int valueBytes, int maxEntries) {
    checkName(name);
    if (keyBytes < 1 || keyBytes > 512 || valueBytes < 1 || valueBytes > 65536 || maxEntries < 1) {
      throw new IllegalArgumentException(
          "map "
              + name
              + ": "
              + keyBytes
              + "/"
              + valueBytes
              + "/"
              + maxEntries
              + " (expected: key of 1..512 bytes, value of 1..65536, at least one entry)");
    }
    return new BpfMap(name, type, keyBytes, valueBytes, maxEntries, List.of());
  }

  /**
   * A PERCPU_ARRAY of 64-bit counters that programs add to and nobody declares entries of.
   *
   * @param counters their names in order; {@link Dataplane#counters} reports {@code map.counter}
   */
  public static BpfMap ofCounters(String name, List<String> counters) {
    checkName(name);
    return new BpfMap(
        name, Type.PERCPU_ARRAY, 4, Long.BYTES, counters.size(), List.copyOf(counters));
  }

  public String name() {
    return name;
  }

  public Type type() {
    return type;
  }

  public int keyBytes() {
    return keyBytes;
  }

  public int valueBytes() {
    return valueBytes;
  }

  public int maxEntries() {
    return maxEntries;
  }

  /** Names of its values when they are counters, by index; else empty. */
  public List<String> counters() {
    return counters;
  }

  @Override
  public Key key() {
    return new Key(name);
  }

  @Override
  public Kind kind() {
    return Kind.BPF_MAP;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof BpfMap m
        && m.name.equals(name)
        && m.type == type
        && m.keyBytes == keyBytes
        && m.valueBytes == valueBytes
        && m.maxEntries == maxEntries
        && m.counters.equals(counters);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, type, keyBytes, valueBytes, maxEntries);
  }

  @Override
  public String toString() {
    return "bpf map "
        + name
        + " type "
        + type.name().toLowerCase(java.util.Locale.ROOT)
        + " key "
        + keyBytes
        + " value "
        + valueBytes
        + " entries "
        + maxEntries;
  }

  static void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name of a map or program: "
              + name
              + " (expected: 1..15 lower-case letters, digits and underscores)");
    }
  }
}
