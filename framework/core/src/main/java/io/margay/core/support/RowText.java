// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import io.margay.api.resource.Json;
import java.lang.reflect.RecordComponent;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rows of a command as lines of JSON. */
final class RowText {
  private RowText() {}

  static String of(Record row) {
    return new String(Json.write(value(row)), StandardCharsets.UTF_8);
  }

  private static Object value(Object from) {
    if (from == null || from instanceof Boolean || from instanceof Number) {
      return from;
    }
    if (from instanceof Optional<?> optional) {
      return value(optional.orElse(null));
    }
    if (from instanceof Iterable<?> items && !(from instanceof java.nio.file.Path)) {
      List<Object> list = new ArrayList<>();
      items.forEach(item -> list.add(value(item)));
      return list;
    }
    if (from instanceof Map<?, ?> map) {
      Map<String, Object> copy = new LinkedHashMap<>();
      map.forEach((key, item) -> copy.put(String.valueOf(key), value(item)));
      return copy;
    }
    if (from instanceof InetAddress address) {
      return address.getHostAddress();
    }
    // Values of the API are records too, with a text of their own.
    return from instanceof Record row && !row.getClass().getName().startsWith("io.margay.api.")
        ? fields(row)
        : from.toString();
  }

  private static Map<String, Object> fields(Record row) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (RecordComponent component : row.getClass().getRecordComponents()) {
      fields.put(component.getName(), value(field(row, component)));
    }
    return fields;
  }

  private static Object field(Record row, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true); // Rows are private to their commands.
      return component.getAccessor().invoke(row);
    } catch (ReflectiveOperationException e) {
      return e.toString();
    }
  }
}
