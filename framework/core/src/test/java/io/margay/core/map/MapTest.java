// SPDX-License-Identifier: Apache-2.0
package io.margay.core.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.resource.Json;
import io.margay.core.map.ClusterMap.NodeOf;
import io.margay.core.map.ClusterMap.PoolOf;
import io.margay.core.map.ClusterMap.SessionOf;
import io.margay.core.map.ClusterMap.ShareOf;
import io.margay.core.map.ClusterMap.State;
import io.margay.core.map.ClusterMap.WayOf;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Maps as text and as a page. */
class MapTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void showsNodesSessionsAndPoolsWithinEightyColumns() {
    ClusterMap map =
        new ClusterMap(
            NOW,
            "1.0.0",
            List.of(
                node("node1", State.READY, new SessionOf("node2", "10.0.0.2", 64512, "Active")),
                node("node2", State.SILENT)),
            List.of(
                new PoolOf(
                    "blue",
                    "10.65.0.0/16",
                    "ipip",
                    false,
                    "65536",
                    70,
                    List.of(
                        new ShareOf("node1", 1, 6, 64, List.of("ipip"), ways("node2", "ipip")),
                        new ShareOf("node2", 1, 64, 64, List.of("ipip"), ways("node1", "ipip"))))));

    assertEquals(
        """
        2 nodes, 1 pool, 2 pods

        10.0.0.0/24
          node1  10.0.0.1            ready      1 pod     0 of 1 BGP up; node2 Active
          node2  10.0.0.1            SILENT     1 pod     its agent does not answer

        blue  10.65.0.0/16  ipip
          70 of 65536 addresses in use
          node1  [#.........] 6/64      1 block   ipip to all
          node2  [##########] 64/64     1 block   ipip to all\
         (silent)\
        """,
        MapText.of(map));
  }

  @Test
  void countsManyNodes() {
    List<WayOf> ways =
        IntStream.range(0, 99)
            .mapToObj(i -> new WayOf("n" + i, i < 2 ? "direct" : "ipip"))
            .toList();
    ClusterMap map =
        new ClusterMap(
            NOW,
            "1.0.0",
            List.of(node("node1", State.READY)),
            List.of(
                new PoolOf(
                    "six",
                    "fd00::/48",
                    "ipip/CrossSubnet",
                    true,
                    "1208925819614629174706176",
                    0,
                    List.of(new ShareOf("node1", 0, 0, 0, List.of("ipip"), ways)))));

    String text = MapText.of(map);

    assertTrue(text.contains("direct to 2; ipip to 97"), text);
    assertTrue(text.contains("0 of 2^80 addresses in use"), text);
    assertTrue(text.contains("ipip/CrossSubnet, disabled"), text);
  }

  @Test
  void noNameBreaksOutOfThePage() throws Exception {
    String name = "</script><script>alert(\"1\")</script>";
    ClusterMap map = new ClusterMap(NOW, "1.0.0", List.of(node(name, State.READY)), List.of());

    String page = MapPage.of(map);

    assertFalse(page.contains("alert(\"1\")"), page);
    String start = "<script id=\"data\" type=\"application/json\">";
    int from = page.indexOf(start) + start.length();
    Map<String, Object> data =
        Json.parseObject(
            page.substring(from, page.indexOf("</script>", from)).getBytes(StandardCharsets.UTF_8));
    assertTrue(data.toString().contains("name=" + name), data.toString());
  }

  private static List<WayOf> ways(String to, String wire) {
    return List.of(new WayOf(to, wire));
  }

  private static NodeOf node(String name, State state, SessionOf... sessions) {
    return new NodeOf(name, List.of("10.0.0.1/24"), "10.0.0.0/24", state, "", 1, List.of(sessions));
  }
}
