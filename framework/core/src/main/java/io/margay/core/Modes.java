// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.mode.Info;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The RoutingMode services. Confined to the agent thread.
 *
 * <p>Of several that provide one mode, the one that was registered first is active; the others
 * stand by until it goes.
 */
final class Modes {
  private final Map<Long, ModePlanner> byService = new TreeMap<>();

  void add(long serviceId, ModePlanner planner) {
    byService.put(serviceId, planner);
  }

  Optional<ModePlanner> remove(long serviceId) {
    return Optional.ofNullable(byService.remove(serviceId));
  }

  /** The service that plans for a mode. */
  Optional<ModePlanner> active(String mode) {
    return byService.values().stream().filter(p -> p.name().equals(mode)).findFirst();
  }

  /** Those that wait for an active one to go. */
  List<ModePlanner> standby() {
    return byService.values().stream()
        .filter(p -> active(p.name()).filter(a -> a != p).isPresent())
        .toList();
  }

  Collection<ModePlanner> all() {
    return List.copyOf(byService.values());
  }

  List<Info> infos() {
    return byService.values().stream().map(p -> p.mode().info()).toList();
  }
}
