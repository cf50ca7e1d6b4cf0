// SPDX-License-Identifier: Apache-2.0
package io.margay.core.query;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How the kernel of a node sends to an address.
 *
 * @param route the most specific route of the main table, in the syntax of {@code ip}; empty
 *     without one
 * @param link the interface by which a packet leaves; empty when none would
 * @param isLocal whether the address is the node's own
 * @param isOurs whether the route is one of ours
 */
public record KernelRoute(
    Optional<String> route, Optional<String> link, boolean isLocal, boolean isOurs) {
  /** By which nodes are asked for it; the argument is {@code address}. */
  public static final String VERB = "route-to";

  /** The argument. */
  public static final String ADDRESS = "address";

  /** As values of {@link io.margay.api.resource.Json}. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    route.ifPresent(text -> map.put("route", text));
    link.ifPresent(name -> map.put("link", name));
    map.put("local", isLocal);
    map.put("ours", isOurs);
    return map;
  }

  /** Reads {@link #toMap}. */
  public static KernelRoute of(Map<String, Object> map) {
    return new KernelRoute(
        text(map, "route"),
        text(map, "link"),
        Boolean.TRUE.equals(map.get("local")),
        Boolean.TRUE.equals(map.get("ours")));
  }

  /** For people: the route, or what there is instead. */
  @Override
  public String toString() {
    if (isLocal) {
      return "the node's own, on " + link.orElse("lo");
    }
    if (link.isEmpty()) {
      return route.filter(text -> !text.contains(" dev ")).orElse("no route");
    }
    return route.orElse("dev " + link.get()) + (isOurs ? "" : " (not ours)");
  }

  private static Optional<String> text(Map<String, Object> map, String name) {
    return map.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }
}
