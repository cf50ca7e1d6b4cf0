// SPDX-License-Identifier: Apache-2.0
package io.margay.core.sharing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.sharing.LearnedRoute;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LearnedTableTest {
  private final LearnedTable table = new LearnedTable();

  @Test
  void aSourceInSyncReplacesWhatItTold() {
    tell("bgp", true, "10.1.0.0/16 192.0.2.1", "10.2.0.0/16 192.0.2.1");
    assertTrue(table.isInSync());

    tell("bgp", true, "10.1.0.0/16 192.0.2.9");

    assertEquals("10.1.0.0/16 192.0.2.9", text());
  }

  @Test
  void oneOutOfSyncOnlyAdds() {
    tell("bgp", true, "10.1.0.0/16 192.0.2.1");

    tell("bgp", false, "10.1.0.0/16 192.0.2.9", "10.2.0.0/16 192.0.2.1");
    assertEquals("10.1.0.0/16 192.0.2.1, 10.2.0.0/16 192.0.2.1", text());
    tell("bgp", false, "10.2.0.0/16 192.0.2.2");
    assertEquals("10.1.0.0/16 192.0.2.1, 10.2.0.0/16 192.0.2.2", text());
    assertEquals(List.of("bgp"), table.awaited());

    tell("bgp", true, "10.2.0.0/16 192.0.2.2");
    assertEquals("10.2.0.0/16 192.0.2.2", text());
  }

  @Test
  void whatOneThatIsGoneToldStays() {
    tell("bgp", true, "10.1.0.0/16 192.0.2.1");
    tell("bgp", false, "10.2.0.0/16 192.0.2.1");

    table.gone("bgp");
    table.expect("bgp");
    tell("bgp", false);

    assertEquals("10.1.0.0/16 192.0.2.1, 10.2.0.0/16 192.0.2.1", text());
    assertFalse(table.isInSync());
  }

  @Test
  void whatWasFoundStaysUntilEverySourceIsInSync() {
    table.expect("bgp");
    table.expect("other");
    table.found(
        List.of(
            found("10.65.0.64/26", NextHop.via(Ip.parse("192.0.2.1"), "eth0")),
            found("10.65.0.1/32", NextHop.dev("cali1")),
            found("203.0.113.0/24", NextHop.via(Ip.parse("192.0.2.1"), "eth0"))));
    assertEquals("10.65.0.64/26 192.0.2.1, 203.0.113.0/24 192.0.2.1", text());

    tell("bgp", true, "10.65.0.64/26 192.0.2.9");
    assertEquals("10.65.0.64/26 192.0.2.1, 203.0.113.0/24 192.0.2.1", text());
    tell("other", true);
    assertEquals("10.65.0.64/26 192.0.2.9", text());
  }

  @Test
  void withoutASourceOnlyRoutesToTheOutsideAreTakenForLearned() {
    NextHop hop = NextHop.via(Ip.parse("192.0.2.1"), "eth0");

    table.found(
        List.of(
            found("10.65.0.64/26", hop),
            found("203.0.113.0/24", hop).withMetric(RouteTruth.EXTERNAL_METRIC)));

    assertEquals("203.0.113.0/24 192.0.2.1", text());
    assertFalse(table.isInSync());
  }

  @Test
  void forgetsWhatIsOnlyKept() {
    table.expect("bgp");
    table.found(List.of(found("10.65.0.64/26", NextHop.via(Ip.parse("192.0.2.1"), "eth0"))));
    tell("bgp", false, "10.1.0.0/16 192.0.2.1");

    table.forget("bgp", true);
    assertEquals("10.1.0.0/16 192.0.2.1", text());
    assertEquals(List.of("bgp"), table.awaited());

    table.forget("bgp", false);
    assertEquals("", text());
    assertEquals(List.of(), table.awaited());
  }

  @Test
  void asksForTheWaysOfGatewaysWithoutALink() {
    tell("bgp", true, "10.1.0.0/16 192.0.2.1,192.0.2.2", "10.2.0.0/16 192.0.2.1");
    table.told(
        "other",
        new Told(
            List.of(
                new LearnedRoute(
                    Cidr.parse("fd00::/8"),
                    List.of(NextHop.via(Ip.parse("fe80::1"), "eth0")),
                    "other")),
            true));

    assertEquals(2, table.gateways().size());
    assertSame(table.routes(), table.routes(), "nothing has changed");
  }

  private void tell(String source, boolean isInSync, String... routes) {
    table.told(
        source, new Told(Arrays.stream(routes).map(t -> route(source, t)).toList(), isInSync));
  }

  private static LearnedRoute route(String source, String text) {
    String[] words = text.split("[ ,]");
    List<NextHop> hops = Arrays.stream(words).skip(1).map(Ip::parse).map(NextHop::via).toList();
    return new LearnedRoute(Cidr.parse(words[0]), hops, source);
  }

  private static Route found(String cidr, NextHop hop) {
    return Route.of(Cidr.parse(cidr), hop);
  }

  private String text() {
    return new TreeMap<>(table.routes())
        .values().stream()
            .map(
                r ->
                    r.destination()
                        + " "
                        + r.nextHops().stream()
                            .map(h -> Ip.text(h.gateway().orElseThrow()))
                            .collect(Collectors.joining(",")))
            .collect(Collectors.joining(", "));
  }
}
