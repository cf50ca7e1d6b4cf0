// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.NextHop;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.sharing.LearnedRoute;
import io.margay.core.sharing.Told;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RouteExchangeTest {
  private static final LearnedRoute ROUTE =
      new LearnedRoute(
          Cidr.parse("203.0.113.0/24"), List.of(NextHop.via(Ip.parse("192.0.2.1"))), "bgp");

  private final RouteExchange exchange = new RouteExchange();
  private final List<Told> heard = new ArrayList<>();
  private final List<String> forgotten = new ArrayList<>();

  @Test
  void tellsAnAgentThatComesLaterWhatEachSourceToldLast() {
    exchange.learned("bgp", List.of(), false);
    exchange.learned("bgp", List.of(ROUTE), true);

    open();
    assertEquals(List.of(new Told(List.of(ROUTE), true)), heard);

    exchange.learned("bgp", List.of(), true);
    assertEquals(new Told(List.of(), true), heard.get(1));
  }

  @Test
  void forgets() {
    open();
    exchange.learned("bgp", List.of(ROUTE), true);

    exchange.forget("bgp");

    assertEquals(List.of("bgp"), forgotten);
    assertEquals(Optional.empty(), exchange.latest("bgp"));
  }

  @Test
  void tellsNothingToAnAgentThatHasGone() {
    open();
    exchange.close();

    exchange.learned("bgp", List.of(ROUTE), true);

    assertEquals(List.of(), heard);
    assertEquals(List.of(), exchange.routeSources());
  }

  private void open() {
    exchange.open(
        source -> exchange.latest(source).ifPresent(heard::add),
        forgotten::add,
        new RouteExchange());
  }
}
