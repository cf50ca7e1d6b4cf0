// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** Reads the paths of GoBGP's {@code global rib -j}: an object for each attribute, by its type. */
final class GobgpRoutes {
  private static final int AS_PATH = 2;
  private static final int NEXT_HOP = 3;
  private static final int MED = 4;
  private static final int LOCAL_PREF = 5;
  private static final int COMMUNITIES = 8;
  private static final int ORIGINATOR_ID = 9;
  private static final int CLUSTER_LIST = 10;
  private static final int MP_REACH_NLRI = 14;
  private static final int EXTENDED_COMMUNITIES = 16;
  private static final int LARGE_COMMUNITIES = 32;
  private static final int ROUTE_TARGET = 2;

  private GobgpRoutes() {}

  static SeenRoute route(String prefix, JsonObject path) {
    Map<Integer, JsonObject> attributes = new HashMap<>();
    for (JsonElement element : path.getAsJsonArray("attrs")) {
      JsonObject attribute = element.getAsJsonObject();
      attributes.put(attribute.get("type").getAsInt(), attribute);
    }
    JsonObject nextHop =
        attributes.getOrDefault(NEXT_HOP, attributes.getOrDefault(MP_REACH_NLRI, path));
    return new SeenRoute(
        Cidr.parse(prefix),
        Ip.parse(nextHop.get("nexthop").getAsString()),
        asPath(attributes.get(AS_PATH)),
        communities(attributes),
        number(attributes.get(MED), "metric"),
        number(attributes.get(LOCAL_PREF), "value"),
        attributes.containsKey(ORIGINATOR_ID)
            ? attributes.get(ORIGINATOR_ID).get("value").getAsString()
            : "",
        list(attributes.get(CLUSTER_LIST), "value").stream().map(JsonElement::getAsString).toList(),
        path.has("stale") && path.get("stale").getAsBoolean());
  }

  private static List<Long> asPath(JsonObject attribute) {
    List<Long> numbers = new ArrayList<>();
    for (JsonElement segment : list(attribute, "as_paths")) {
      list(segment.getAsJsonObject(), "asns").forEach(n -> numbers.add(n.getAsLong()));
    }
    return numbers;
  }

  private static Set<String> communities(Map<Integer, JsonObject> attributes) {
    Set<String> communities = new HashSet<>();
    for (JsonElement standard : list(attributes.get(COMMUNITIES), "communities")) {
      long value = standard.getAsLong();
      communities.add((value >> 16) + ":" + (value & 0xffff));
    }
    for (JsonElement element : list(attributes.get(EXTENDED_COMMUNITIES), "value")) {
      JsonObject extended = element.getAsJsonObject();
      boolean isTarget =
          extended.has("subtype") && extended.get("subtype").getAsInt() == ROUTE_TARGET;
      communities.add(isTarget ? "rt:" + extended.get("value").getAsString() : extended.toString());
    }
    for (JsonElement element : list(attributes.get(LARGE_COMMUNITIES), "value")) {
      JsonObject large = element.getAsJsonObject();
      communities.add(
          large.get("ASN") + ":" + large.get("LocalData1") + ":" + large.get("LocalData2"));
    }
    return communities;
  }

  private static OptionalLong number(JsonObject attribute, String name) {
    return attribute == null
        ? OptionalLong.empty()
        : OptionalLong.of(attribute.get(name).getAsLong());
  }

  private static List<JsonElement> list(JsonObject attribute, String name) {
    return attribute == null || !attribute.has(name) || attribute.get(name).isJsonNull()
        ? List.of()
        : attribute.getAsJsonArray(name).asList();
  }
}
