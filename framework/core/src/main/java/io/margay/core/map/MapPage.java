// SPDX-License-Identifier: Apache-2.0
package io.margay.core.map;

import io.margay.api.resource.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A map as one HTML page that needs nothing beside itself: {@code map.html} with the data in it.
 */
final class MapPage {
  private static final String PLACE = "{\"place\":\"data\"}";

  private MapPage() {}

  static String of(ClusterMap map) throws IOException {
    try (InputStream in = MapPage.class.getResourceAsStream("map.html")) {
      String page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      String data = new String(Json.write(values(map)), StandardCharsets.UTF_8);
      // Within a script no text may look like the end of it.
      return page.replace(PLACE, data.replace("<", "\\u003c"));
    }
  }

  private static Map<String, Object> values(ClusterMap map) {
    return object(
        "when", map.when().toString(),
        "version", map.version(),
        "nodes",
            map.nodes().stream()
                .<Object>map(
                    n ->
                        object(
                            "name", n.name(),
                            "addresses", List.copyOf(n.addresses()),
                            "subnet", n.subnet(),
                            "state", n.state().name(),
                            "detail", n.detail(),
                            "pods", n.pods(),
                            "sessions",
                                n.sessions().stream()
                                    .<Object>map(
                                        s ->
                                            object(
                                                "peer", s.peer(),
                                                "address", s.address(),
                                                "as", s.asNumber(),
                                                "state", s.state()))
                                    .toList()))
                .toList(),
        "pools",
            map.pools().stream()
                .<Object>map(
                    p ->
                        object(
                            "name", p.name(),
                            "cidr", p.cidr(),
                            "mode", p.mode(),
                            "disabled", p.disabled(),
                            "addresses", p.addresses(),
                            "inUse", p.inUse(),
                            "shares",
                                p.shares().stream()
                                    .<Object>map(
                                        s ->
                                            object(
                                                "node", s.node(),
                                                "blocks", s.blocks(),
                                                "inUse", s.inUse(),
                                                "size", s.size(),
                                                "ways",
                                                    s.ways().stream()
                                                        .<Object>map(
                                                            w ->
                                                                object(
                                                                    "to", w.to(),
                                                                    "wire", w.wire()))
                                                        .toList()))
                                    .toList()))
                .toList());
  }

  private static Map<String, Object> object(Object... pairs) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      object.put((String) pairs[i], pairs[i + 1]);
    }
    return object;
  }
}
