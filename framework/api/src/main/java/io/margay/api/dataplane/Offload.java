// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

/**
 * Whether a link leaves work on packets to the device below it, {@code ethtool -K LINK}. A setting
 * like a {@link Sysctl}, and of its kind: retiring one leaves its value.
 *
 * @param on whether the device does the work, else the kernel
 */
public record Offload(String link, Feature feature, boolean on) implements KernelObject {
  /** The kernel's key. */
  public record Key(String link, Feature feature) {}

  /** Kinds of work; linux/ethtool.h. */
  public enum Feature {
    /** Checksums of packets that are sent; {@code tx-checksumming}. */
    TX_CHECKSUM("tx");

    private final String word;

    Feature(String word) {
      this.word = word;
    }

    /** As {@code ethtool -K} has it. */
    @Override
    public String toString() {
      return word;
    }
  }

  public static Offload of(String link, Feature feature, boolean on) {
    return new Offload(link, feature, on);
  }

  @Override
  public Key key() {
    return new Key(link, feature);
  }

  @Override
  public Kind kind() {
    return Kind.SYSCTL;
  }

  @Override
  public String toString() {
    return "offload " + link + " " + feature + (on ? " on" : " off");
  }
}
