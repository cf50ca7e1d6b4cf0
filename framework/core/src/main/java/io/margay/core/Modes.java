// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.mode.Info;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The RoutingMode services. Confined to the agent thread.
 *
 * <p>Of several that provide one mode, the one of the preferred bundle is active, else the one that
 * was registered first; the others stand by until it goes.
 */
final class Modes {
  private final Map<Long, ModePlanner> byService = new TreeMap<>();

  /** Of those with one name, which bundle: set while one version takes over from another. */
  private final Map<String, Long> preferredIds = new HashMap<>();

  private final Map<String, String> preferredNames = new HashMap<>();

  void add(long serviceId, ModePlanner planner) {
    byService.put(serviceId, planner);
  }

  Optional<ModePlanner> remove(long serviceId) {
    return Optional.ofNullable(byService.remove(serviceId));
  }

  /** Lets the modes of this bundle plan from now on, as long as it provides them. */
  void prefer(long bundle) {
    of(bundle).forEach(p -> preferredIds.put(p.name(), bundle));
  }

  /** Of bundles with different names that provide a mode, prefers this one. */
  void prefer(String mode, String bundleName) {
    preferredNames.put(mode, bundleName);
    preferredIds.remove(mode);
  }

  /** The service that plans for a mode. */
  Optional<ModePlanner> active(String mode) {
    List<ModePlanner> candidates =
        byService.values().stream().filter(p -> p.name().equals(mode)).toList();
    long id = preferredIds.getOrDefault(mode, -1L);
    String name = preferredNames.get(mode);
    return candidates.stream()
        .filter(p -> p.provider().id() == id)
        .findFirst()
        .or(() -> candidates.stream().filter(p -> p.provider().name().equals(name)).findFirst())
        .or(() -> candidates.stream().findFirst());
  }

  /** Those that wait for an active one to go. */
  List<ModePlanner> standby() {
    return byService.values().stream()
        .filter(p -> active(p.name()).filter(a -> a != p).isPresent())
        .toList();
  }

  /** Those that come from a bundle. */
  List<ModePlanner> of(long bundle) {
    return byService.values().stream().filter(p -> p.provider().id() == bundle).toList();
  }

  Collection<ModePlanner> all() {
    return List.copyOf(byService.values());
  }

  List<Info> infos() {
    return byService.values().stream().map(ModePlanner::info).toList();
  }
}
