// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Cluster-wide settings, from FelixConfiguration with its {@code node.NAME} overlay, by their names
 * there ({@code vxlanVNI}, {@code vxlanPort}, {@code ipipMTU} ...), values as text.
 */
public record Settings(Map<String, String> values) {
  private static final String OVERRIDE = "featureDetectOverride";
  private static final String BROKEN = "ChecksumOffloadBroken";

  public Settings {
    values = Map.copyOf(values);
  }

  /**
   * A whole number, or empty when it is not set.
   *
   * @throws IllegalArgumentException when the value is no number
   */
  public OptionalInt integer(String name) {
    String text = values.get(name);
    if (text == null) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseInt(text));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + ": " + text + " (expected: a whole number)", e);
    }
  }

  /**
   * Whether the card gets the checksums of tunnelled packets wrong, so that the kernel must compute
   * them: what {@code featureDetectOverride} says, or what was found out. Empty when nothing is
   * known; then what the kernel does by itself is left alone.
   */
  public Optional<Boolean> checksumOffloadBroken() {
    for (String feature : values.getOrDefault(OVERRIDE, "").split(",")) {
      String[] nameAndValue = feature.strip().split("=", 2);
      if (nameAndValue.length == 2 && nameAndValue[0].equals(BROKEN)) {
        return Optional.of(Boolean.parseBoolean(nameAndValue[1].strip()));
      }
    }
    return Optional.empty();
  }

  /** With {@link #checksumOffloadBroken} found out. */
  public Settings withChecksumOffloadBroken(boolean value) {
    Map<String, String> changed = new HashMap<>(values);
    changed.merge(OVERRIDE, BROKEN + "=" + value, (before, more) -> before + "," + more);
    return new Settings(changed);
  }
}
