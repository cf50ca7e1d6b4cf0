// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads members of a JSON object and says by their path what is wrong with them. An absent member
 * and {@code null} are the same; the members of an absent object are absent.
 */
final class JsonFields {
  private final Optional<JsonObject> json;
  private final String path;

  JsonFields(JsonObject json, String path) {
    this(Optional.of(json), path);
  }

  private JsonFields(Optional<JsonObject> json, String path) {
    this.json = json;
    this.path = path;
  }

  Optional<JsonObject> json() {
    return json;
  }

  boolean has(String key) {
    return find(key).isPresent();
  }

  Optional<String> string(String key) throws CniException {
    Optional<JsonElement> found = find(key);
    return found.isEmpty() ? Optional.empty() : Optional.of(text(key, found.get()));
  }

  String required(String key) throws CniException {
    return string(key).orElseThrow(() -> NetConf.invalid(path + key, "missing", "a string"));
  }

  Optional<Integer> integer(String key) throws CniException {
    Optional<JsonElement> found = find(key);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(found.get().getAsBigDecimal().intValueExact());
    } catch (ArithmeticException | NumberFormatException | IllegalStateException e) {
      throw NetConf.invalid(path + key, found.get(), "a whole number");
    }
  }

  /** A whole number from 0 on, however large; what does not fit counts as the largest. */
  Optional<Long> whole(String key) throws CniException {
    Optional<JsonElement> found = find(key);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (found.get() instanceof JsonPrimitive primitive
        && primitive.isNumber()
        && primitive.getAsString().matches("[0-9]{1,20}")) {
      BigInteger value = new BigInteger(primitive.getAsString());
      return Optional.of(value.min(BigInteger.valueOf(Long.MAX_VALUE)).longValue());
    }
    throw NetConf.invalid(path + key, found.get(), "a whole number, 0 or more");
  }

  Optional<Boolean> flag(String key) throws CniException {
    Optional<JsonElement> found = find(key);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (found.get() instanceof JsonPrimitive primitive && primitive.isBoolean()) {
      return Optional.of(primitive.getAsBoolean());
    }
    throw NetConf.invalid(path + key, found.get(), "true or false");
  }

  /** Strings of an array; empty when absent. */
  List<String> strings(String key) throws CniException {
    List<String> strings = new ArrayList<>();
    for (JsonElement item : array(key)) {
      strings.add(text(key, item));
    }
    return strings;
  }

  /** Objects of an array; empty when absent. */
  List<JsonFields> objects(String key) throws CniException {
    List<JsonFields> objects = new ArrayList<>();
    for (JsonElement item : array(key)) {
      String itemPath = path + key + "[" + objects.size() + "]";
      if (!item.isJsonObject()) {
        throw NetConf.invalid(itemPath, item, "an object");
      }
      objects.add(new JsonFields(item.getAsJsonObject(), itemPath + "."));
    }
    return objects;
  }

  JsonFields object(String key) throws CniException {
    Optional<JsonElement> found = find(key);
    if (found.isPresent() && !found.get().isJsonObject()) {
      throw NetConf.invalid(path + key, found.get(), "an object");
    }
    return new JsonFields(found.map(JsonElement::getAsJsonObject), path + key + ".");
  }

  /** All members, which must be strings. */
  Map<String, String> map() throws CniException {
    Map<String, String> map = new LinkedHashMap<>();
    for (String key : json.map(JsonObject::keySet).orElse(Set.of())) {
      Optional<String> value = string(key);
      value.ifPresent(text -> map.put(key, text));
    }
    return map;
  }

  private Iterable<JsonElement> array(String key) throws CniException {
    Optional<JsonElement> found = find(key);
    if (found.isEmpty()) {
      return List.of();
    }
    if (!found.get().isJsonArray()) {
      throw NetConf.invalid(path + key, found.get(), "an array");
    }
    return found.get().getAsJsonArray();
  }

  private Optional<JsonElement> find(String key) {
    return json.map(object -> object.get(key)).filter(element -> !element.isJsonNull());
  }

  private String text(String key, JsonElement element) throws CniException {
    if (element instanceof JsonPrimitive primitive && primitive.isString()) {
      return primitive.getAsString();
    }
    throw NetConf.invalid(path + key, element, "a string");
  }
}
