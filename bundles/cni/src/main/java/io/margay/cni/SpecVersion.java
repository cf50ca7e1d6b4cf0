// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Versions of the CNI specification that are understood, oldest first. */
enum SpecVersion {
  V0_1_0("0.1.0"),
  V0_2_0("0.2.0"),
  V0_3_0("0.3.0"),
  V0_3_1("0.3.1"),
  V0_4_0("0.4.0"),
  V1_0_0("1.0.0"),
  V1_1_0("1.1.0");

  /** Answered when the input names no version: what a configuration without one means. */
  static final SpecVersion UNSTATED = V0_1_0;

  static final SpecVersion LATEST = V1_1_0;

  private final String text;

  SpecVersion(String text) {
    this.text = text;
  }

  static Optional<SpecVersion> parse(String text) {
    return Arrays.stream(values()).filter(version -> version.text.equals(text)).findFirst();
  }

  /** All of them, as for a message. */
  static String supported() {
    return Arrays.stream(values()).map(SpecVersion::toString).collect(Collectors.joining(", "));
  }

  boolean atLeast(SpecVersion other) {
    return compareTo(other) >= 0;
  }

  @Override
  public String toString() {
    return text;
  }
}
