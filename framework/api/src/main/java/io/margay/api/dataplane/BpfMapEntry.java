// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * One entry of a declared {@link BpfMap}. The dataplane removes entries of a HASH that nobody
 * declares. An ARRAY has all its entries always: one that is no longer declared becomes zero. Those
 * of a PERCPU_ARRAY are not declared.
 */
public final class BpfMapEntry implements KernelObject {
  /**
   * The kernel's key.
   *
   * @param key in hexadecimal digits
   */
  public record Key(String map, String key) {}

  private final String map;
  private final byte[] key;
  private final byte[] value;

  private BpfMapEntry(String map, byte[] key, byte[] value) {
    this.map = map;
    this.key = key;
    this.value = value;
  }

  /**
   * An entry.
   *
   * @param key as many bytes as the map's keys have, in the byte order that the programs expect
   */
  public static BpfMapEntry of(String map, byte[] key, byte[] value) {
    BpfMap.checkName(map);
    return new BpfMapEntry(map, key.clone(), value.clone());
  }

  /** Name of the map. */
  public String map() {
    return map;
  }

  /** A fresh array. */
  public byte[] keyBytes() {
    return key.clone();
  }

  /** A fresh array. */
  public byte[] valueBytes() {
    return value.clone();
  }

  @Override
  public Key key() {
    return new Key(map, HexFormat.of().formatHex(key));
  }

  @Override
  public Kind kind() {
    return Kind.BPF_MAP_ENTRY;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof BpfMapEntry e
        && e.map.equals(map)
        && Arrays.equals(e.key, key)
        && Arrays.equals(e.value, value);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(key) + Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    HexFormat hex = HexFormat.ofDelimiter(" ");
    return "bpf map "
        + map
        + " key hex "
        + hex.formatHex(key)
        + " value hex "
        + hex.formatHex(value);
  }
}
