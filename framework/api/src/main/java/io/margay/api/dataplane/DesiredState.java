// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A set of kernel objects with unique keys, in writing order. */
public final class DesiredState {
  public static final DesiredState EMPTY = new DesiredState(Map.of(), List.of());

  private final Map<Object, KernelObject> byKey;
  private final List<KernelObject> objects;

  private DesiredState(Map<Object, KernelObject> byKey, List<KernelObject> objects) {
    this.byKey = java.util.Collections.unmodifiableMap(byKey);
    this.objects = objects;
  }

  /**
   * The set of these objects; equal ones count once.
   *
   * @throws IllegalArgumentException when two different objects have one key
   */
  public static DesiredState of(Collection<? extends KernelObject> objects) {
    Map<Object, KernelObject> byKey = new LinkedHashMap<>();
    for (KernelObject object : objects) {
      KernelObject earlier = byKey.putIfAbsent(object.key(), object);
      if (earlier != null && !earlier.equals(object)) {
        throw new IllegalArgumentException(
            "two objects with one key: " + earlier + " and " + object + " (expected: one)");
      }
    }
    List<KernelObject> ordered = new ArrayList<>(byKey.values());
    ordered.sort(java.util.Comparator.comparing(KernelObject::kind));
    return new DesiredState(byKey, List.copyOf(ordered));
  }

  public static DesiredState of(KernelObject... objects) {
    return of(List.of(objects));
  }

  /** The objects, ordered by kind as they are written. */
  public List<KernelObject> objects() {
    return objects;
  }

  /** The objects by {@link KernelObject#key()}; not to be changed. */
  public Map<Object, KernelObject> byKey() {
    return byKey;
  }

  public boolean isEmpty() {
    return objects.isEmpty();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof DesiredState other && other.byKey.equals(byKey);
  }

  @Override
  public int hashCode() {
    return byKey.hashCode();
  }

  /** One object a line, in the syntax of {@code ip}. */
  @Override
  public String toString() {
    return objects.stream().map(KernelObject::toString).collect(Collectors.joining("\n"));
  }
}
