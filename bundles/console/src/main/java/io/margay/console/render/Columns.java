// SPDX-License-Identifier: Apache-2.0
package io.margay.console.render;

import io.margay.api.console.Share;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The components of a type of record. */
final class Columns {
  private final Class<? extends Record> type;
  private final List<RecordComponent> components;

  Columns(Class<? extends Record> type) {
    this.type = type;
    this.components = List.of(type.getRecordComponents());
    // Commands' records are private to their bundles.
    components.forEach(component -> component.getAccessor().setAccessible(true));
  }

  boolean isOf(Record row) {
    return row.getClass() == type;
  }

  /** Names of the components; a trailing {@code _} keeps a Java keyword such as default apart. */
  List<String> names() {
    return components.stream().map(c -> c.getName().replaceFirst("_$", "")).toList();
  }

  /** {@code podCidr} becomes {@code POD-CIDR}: one word, so that awk and cut count alike. */
  List<String> headings() {
    return names().stream()
        .map(name -> name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toUpperCase(Locale.ROOT))
        .toList();
  }

  /** Whether each column holds numbers, which are aligned to the right. */
  List<Boolean> numeric() {
    return components.stream()
        .map(RecordComponent::getType)
        .map(
            t ->
                Number.class.isAssignableFrom(t)
                    || t == Share.class
                    || (t.isPrimitive() && t != boolean.class))
        .toList();
  }

  List<Object> values(Record row) {
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : components) {
      try {
        values.add(component.getAccessor().invoke(row));
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException(type + "." + component.getName() + ": not readable", e);
      }
    }
    return values;
  }
}
