// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import io.margay.api.resource.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a change of a pool's mode would do on one node.
 *
 * @param routes number of routes to other nodes that would be replaced or added
 * @param podMtuBytes MTU of pods, which no change of mode touches
 * @param fitsBytes largest packet of a pod that the new mode carries
 * @param diff of the kernel, a line for each object, in the syntax of {@code ip}
 * @param blockers what stands against it, a sentence each
 * @param notes what else there is to know, a sentence each
 */
public record PlannedSwitch(
    int routes,
    int podMtuBytes,
    int fitsBytes,
    List<String> diff,
    List<String> blockers,
    List<String> notes) {
  /** By which nodes are asked for it; the arguments are {@code pool} and {@code mode}. */
  public static final String VERB = "mode-plan";

  public PlannedSwitch {
    diff = List.copyOf(diff);
    blockers = List.copyOf(blockers);
    notes = List.copyOf(notes);
  }

  /** As values of {@link Json}. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("routes", (long) routes);
    map.put("podMtuBytes", (long) podMtuBytes);
    map.put("fitsBytes", (long) fitsBytes);
    map.put("diff", diff);
    map.put("blockers", blockers);
    map.put("notes", notes);
    return map;
  }

  /** Reads {@link #toMap}; what a node of another version does not say is 0 or empty. */
  public static PlannedSwitch of(Map<String, Object> map) {
    return new PlannedSwitch(
        number(map, "routes"),
        number(map, "podMtuBytes"),
        number(map, "fitsBytes"),
        texts(map, "diff"),
        texts(map, "blockers"),
        texts(map, "notes"));
  }

  private static int number(Map<String, Object> map, String name) {
    return map.get(name) instanceof Number number ? number.intValue() : 0;
  }

  private static List<String> texts(Map<String, Object> map, String name) {
    return map.get(name) instanceof List<?> list
        ? list.stream().map(String::valueOf).toList()
        : List.of();
  }
}
