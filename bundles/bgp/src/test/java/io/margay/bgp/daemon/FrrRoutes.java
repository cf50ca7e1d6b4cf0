// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** Reads the paths of FRR's {@code show bgp ... json detail}. */
final class FrrRoutes {
  private FrrRoutes() {}

  static boolean isLearnedAndBest(JsonObject path) {
    return path.has("peer")
        && !path.has("local")
        && path.has("bestpath")
        && path.getAsJsonObject("bestpath").has("overall");
  }

  static SeenRoute route(String prefix, JsonObject path) {
    return new SeenRoute(
        Cidr.parse(prefix),
        // A link-local one may follow.
        Ip.parse(list(path, "nexthops").get(0).getAsJsonObject().get("ip").getAsString()),
        asPath(path),
        communities(path),
        number(path, "metric"),
        number(path, "locPrf"),
        path.has("originatorId") ? path.get("originatorId").getAsString() : "",
        texts(path, "clusterList"),
        path.has("stale"));
  }

  private static List<Long> asPath(JsonObject path) {
    List<Long> numbers = new ArrayList<>();
    for (JsonElement segment : list(path.getAsJsonObject("aspath"), "segments")) {
      list(segment.getAsJsonObject(), "list").forEach(n -> numbers.add(n.getAsLong()));
    }
    return numbers;
  }

  private static Set<String> communities(JsonObject path) {
    Set<String> communities = new HashSet<>();
    communities.addAll(texts(path, "community"));
    communities.addAll(texts(path, "largeCommunity"));
    if (path.has("extendedCommunity")) {
      String text = path.getAsJsonObject("extendedCommunity").get("string").getAsString();
      Stream.of(text.split(" ")).map(c -> c.replaceFirst("^RT:", "rt:")).forEach(communities::add);
    }
    return communities;
  }

  private static OptionalLong number(JsonObject path, String name) {
    return path.has(name) ? OptionalLong.of(path.get(name).getAsLong()) : OptionalLong.empty();
  }

  /** The list within a member. */
  private static List<String> texts(JsonObject path, String name) {
    return path.has(name)
        ? list(path.getAsJsonObject(name), "list").stream().map(JsonElement::getAsString).toList()
        : List.of();
  }

  private static List<JsonElement> list(JsonObject json, String name) {
    return json.has(name) ? json.getAsJsonArray(name).asList() : List.of();
  }
}
