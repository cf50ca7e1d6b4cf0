// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LinkIndexTest {
  private static final Cidr BLOCK = Cidr.parse("10.1.2.0/26");
  private static final NextHop ETH0 = NextHop.via(Ip.parse("172.30.0.2"), "eth0");
  private static final NextHop VXLAN = NextHop.via(Ip.parse("10.1.2.1"), "vxlan.calico");
  private static final NextHop ANY = NextHop.via(Ip.parse("172.30.0.3"));

  /** Every shape that a route has to the index; null stands for none. */
  private static final List<Route> SHAPES =
      List.of(
          Route.of(BLOCK, ETH0),
          Route.of(BLOCK, VXLAN),
          Route.of(BLOCK, ANY),
          Route.of(BLOCK, List.of(ETH0, VXLAN)),
          Route.blackhole(BLOCK));

  private final LinkIndex index = new LinkIndex();

  @Test
  void findsWhatAWalkOverAllWouldFind() {
    Random random = new Random(7);
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      slots.add(new Slot(Kind.ROUTE, i, index));
    }

    for (int step = 0; step < 5000; step++) {
      change(slots.get(random.nextInt(slots.size())), random);

      for (String link : List.of("eth0", "vxlan.calico", "other")) {
        Stream<Slot> walk =
            slots.stream().filter(s -> Slots.uses(s.desired, link) || Slots.uses(s.actual, link));
        assertEquals(walk.collect(Collectors.toSet()), Set.copyOf(index.over(link)));
      }
    }
  }

  @Test
  void findsSysctlsOfALink() {
    Slot slot = new Slot(Kind.SYSCTL, "a", index);
    slot.desire(Owner.LOCAL, Sysctl.of("net/ipv4/conf/cali1.2/rp_filter", 1));
    new Slot(Kind.SYSCTL, "b", index).desire(Owner.LOCAL, Sysctl.of("net/ipv4/ip_forward", 1));

    assertEquals(List.of(slot), index.over("cali1.2"));
    assertEquals(List.of(), index.over("cali1"));
  }

  private static void change(Slot slot, Random random) {
    Route route = SHAPES.get(random.nextInt(SHAPES.size()));
    switch (random.nextInt(5)) {
      case 0 -> slot.desire(Owner.LOCAL, route);
      case 1 -> slot.observe(route, true);
      case 2 -> slot.observeNothing();
      case 3 -> slot.abandon();
      default -> {
        if (slot.desired != null) {
          slot.written();
        }
      }
    }
  }
}
