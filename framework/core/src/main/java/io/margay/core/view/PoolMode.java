// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.mode.Variant;
import io.margay.api.resource.Encapsulation;
import io.margay.api.resource.IpPool;
import java.util.Optional;

/**
 * The routing mode that a pool asks for.
 *
 * @param name of the {@link io.margay.api.mode.RoutingMode}
 */
public record PoolMode(String name, Variant variant) {
  /** Between nodes without a tunnel; what a pool has whose modes are all Never. */
  public static final PoolMode DIRECT = new PoolMode("direct", Variant.ALWAYS);

  private static final String CROSS_SUBNET = "/CrossSubnet";

  /**
   * Parses {@code NAME} or {@code NAME/CrossSubnet}, as in the annotation {@code margay.io/mode}.
   *
   * @throws IllegalArgumentException when the name is not one a mode may have
   */
  public static PoolMode parse(String text) {
    boolean crossSubnet = text.endsWith(CROSS_SUBNET);
    String name = crossSubnet ? text.substring(0, text.length() - CROSS_SUBNET.length()) : text;
    if (!name.matches("[a-z][a-z0-9-]*")) {
      throw new IllegalArgumentException(
          "mode: " + text + " (expected: a name such as direct, or NAME/CrossSubnet)");
    }
    return new PoolMode(name, crossSubnet ? Variant.CROSS_SUBNET : Variant.ALWAYS);
  }

  /**
   * The pool with this mode in place of its own.
   *
   * @throws IllegalArgumentException when the pool cannot have it, such as an IPv6 pool IPIP
   */
  public IpPool applyTo(IpPool pool) {
    Encapsulation on =
        variant == Variant.CROSS_SUBNET ? Encapsulation.CROSS_SUBNET : Encapsulation.ALWAYS;
    IpPool plain =
        pool.withAnnotation(IpPool.MODE_ANNOTATION, Optional.empty())
            .withModes(Encapsulation.NEVER, Encapsulation.NEVER);
    return switch (name) {
      case "direct" -> plain;
      case "ipip" -> plain.withModes(on, Encapsulation.NEVER);
      case "vxlan" -> plain.withModes(Encapsulation.NEVER, on);
      default -> plain.withAnnotation(IpPool.MODE_ANNOTATION, Optional.of(toString()));
    };
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    return name + (variant == Variant.CROSS_SUBNET ? CROSS_SUBNET : "");
  }
}
