// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Rate;

/**
 * What the node sends by a link at most, {@code tc qdisc replace dev LINK root tbf}. A setting like
 * a {@link Sysctl}, and of its kind: retiring one leaves its value, which goes with the link.
 */
public record RateLimit(String link, Rate rate) implements KernelObject {
  /** The kernel's key: a link has one root qdisc. */
  public record Key(String link) {}

  public static RateLimit of(String link, Rate rate) {
    return new RateLimit(link, rate);
  }

  @Override
  public Key key() {
    return new Key(link);
  }

  @Override
  public Kind kind() {
    return Kind.SYSCTL;
  }

  @Override
  public String toString() {
    return "qdisc dev " + link + " root tbf " + rate;
  }
}
