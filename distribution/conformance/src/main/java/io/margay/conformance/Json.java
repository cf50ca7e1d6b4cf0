// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads answers that may be wrong in any way: what has another type is not there. */
final class Json {
  private Json() {}

  static Optional<String> string(JsonObject object, String key) {
    return object.get(key) instanceof JsonPrimitive value && value.isString()
        ? Optional.of(value.getAsString())
        : Optional.empty();
  }

  /** A whole number that fits. */
  static Optional<Integer> integer(JsonObject object, String key) {
    if (!(object.get(key) instanceof JsonPrimitive value) || !value.isNumber()) {
      return Optional.empty();
    }
    double number = value.getAsDouble();
    return number == Math.rint(number) && Math.abs(number) <= Integer.MAX_VALUE
        ? Optional.of((int) number)
        : Optional.empty();
  }

  static Optional<JsonObject> object(JsonObject object, String key) {
    return object.get(key) instanceof JsonObject value ? Optional.of(value) : Optional.empty();
  }

  /**
   * The objects of an array; an absent or null array is empty.
   *
   * @throws Deviation when it is no array, or something in it no object
   */
  static List<JsonObject> objects(JsonObject object, String key) throws Deviation {
    JsonElement value = object.get(key);
    if (value == null || value.isJsonNull()) {
      return List.of();
    }
    if (!(value instanceof JsonArray array)) {
      throw new Deviation(key + " is no array: " + Text.brief(value.toString()));
    }
    List<JsonObject> objects = new ArrayList<>();
    for (JsonElement item : array) {
      if (!item.isJsonObject()) {
        throw new Deviation("in " + key + " is no object: " + Text.brief(item.toString()));
      }
      objects.add(item.getAsJsonObject());
    }
    return objects;
  }
}
