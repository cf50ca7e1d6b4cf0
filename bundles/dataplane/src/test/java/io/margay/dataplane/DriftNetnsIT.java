// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Drift;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Query;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.health.Health;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.MacAddress;
import io.margay.dataplane.KernelDataplane.Setup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What others do to the kernel, and how it is undone. */
class DriftNetnsIT {
  private static final Owner POOL = Owner.pool("blue");
  private static final Cause TEST = new Cause("test");
  private static final Route ROUTE = via("10.1.0.0/26", "192.0.2.2");
  private static final Route SIX = via("2001:db8:1::/122", "2001:db8::2");

  private final ManualTime time = new ManualTime();
  private TestNode node;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void repairsARouteThatWasChangedUnderOurProtocol() throws Exception {
    dataplane = node.dataplane();
    declare(ROUTE, SIX);

    node.ip("route change 10.1.0.0/26 via 192.0.2.7 dev uplink proto 80");
    node.ip("-6 route replace 2001:db8:1::/122 via 2001:db8::7 dev uplink proto 80");

    awaitRoutes(ROUTE, SIX);
    List<Drift> drift = dataplane.drift();
    assertEquals(2, drift.size());
    assertTrue(drift.stream().allMatch(Drift::repaired), drift.toString());
    String before = drift.get(1).what().before().orElseThrow();
    assertEquals("route 10.1.0.0/26 via 192.0.2.7 dev uplink", before);
  }

  @Test
  void leavesForeignRoutesAndOwnWritesAlone() throws Exception {
    dataplane = node.dataplane();
    node.ip("route add 10.9.0.0/24 via 192.0.2.9 proto static");
    declare(ROUTE);
    declare(via("10.1.0.0/26", "192.0.2.3"), SIX);
    node.ip("route add 10.8.0.0/24 via 192.0.2.9 proto bird");

    declare(ROUTE);

    assertEquals(List.of(), dataplane.drift());
    String routes = node.ip("route show");
    assertTrue(routes.contains("10.9.0.0/24") && routes.contains("10.8.0.0/24"), routes);
  }

  /** The event of the end of a neighbour does not say which MAC it had. */
  @Test
  void repairsANeighbourThatWasDeleted() throws Exception {
    dataplane = node.dataplane();
    MacAddress mac = MacAddress.parse("66:00:00:00:00:01");
    for (String address : List.of("192.0.2.7", "2001:db8::7")) {
      declare(Neighbour.of("uplink", Ip.parse(address), mac));

      node.ip("neigh del " + address + " dev uplink");

      TestNode.await(address, () -> node.ip("neigh show nud permanent").contains(address + " "));
    }
  }

  @Test
  void survivesAnUplinkThatGoesDownAndUp() throws Exception {
    dataplane = node.dataplane();
    Address own = Address.of("uplink", Ip.parse("2001:db8::9"), 64);
    Route six = via("2001:db8:2::/122", "2001:db8::2");
    declare(ROUTE, own, six);
    assertTrue(IpRoutes.holds(node, six));

    node.ip("link set uplink down");
    TestNode.await("noticed", () -> dataplane.unsettled().contains(POOL));
    assertEquals("ENETDOWN", refusal().errno());
    assertEquals(Health.Status.DEGRADED, dataplane.check().get(0).status());
    node.ip("link set uplink up");

    awaitRoutes(ROUTE, six);
    settle();
    assertTrue(node.ip("addr show dev uplink").contains("2001:db8::9/64"));
    assertEquals(List.of(), dataplane.drift());
    assertEquals(Health.Status.OK, dataplane.check().get(0).status());
  }

  @Test
  void writesARouteWhenItsGatewayBecomesReachable() throws Exception {
    dataplane = node.dataplane();
    Route far = via("10.1.0.0/26", "198.51.100.2");
    dataplane.declare(POOL, DesiredState.of(far), TEST);
    assertEquals("ENETUNREACH", refusal().errno());

    node.ip("addr add 198.51.100.1/24 dev uplink");

    awaitRoutes(far);
  }

  @Test
  void writesARouteWhenItsLinkAppears() throws Exception {
    dataplane = node.dataplane();
    Route late = Route.of(Cidr.parse("10.1.0.5/32"), NextHop.dev("cali0"));
    Sysctl sysctl = Sysctl.of("net/ipv4/conf/cali0/proxy_arp", 1);
    dataplane.declare(POOL, DesiredState.of(late, sysctl), TEST);
    assertTrue(refusal().errno().matches("ENODEV|ENOENT"));

    node.ip("link add cali0 type veth peer name pod0");
    node.ip("link set cali0 up");

    awaitRoutes(late);
    settle();
    assertEquals("1\n", node.exec("cat /proc/sys/net/ipv4/conf/cali0/proxy_arp"));
  }

  @Test
  void findsByTimerWhatNoEventTold() throws Exception {
    Setup setup = node.setup();
    dataplane =
        node.dataplane(new Setup(setup.state(), 80, 90, false, 1 << 20, setup.threads(), time));
    declare(Sysctl.of("net/ipv4/conf/uplink/arp_announce", 2));
    node.exec("sysctl -w net.ipv4.conf.uplink.arp_announce=0");
    advance(89);
    assertEquals("0\n", arpAnnounce());

    advance(2);

    assertEquals("2\n", arpAnnounce());
    assertEquals(1, dataplane.drift().size());
  }

  @Test
  void repairsForwardingByEvent() throws Exception {
    dataplane = node.dataplane();
    declare(Sysctl.of("net/ipv4/conf/uplink/forwarding", 1));

    node.exec("sysctl -w net.ipv4.conf.uplink.forwarding=0");

    TestNode.await(
        "forwarding",
        () -> node.exec("cat /proc/sys/net/ipv4/conf/uplink/forwarding").equals("1\n"));
  }

  @Test
  void readsEverythingAgainWhenEventsAreLost() throws Exception {
    Setup setup = node.setup();
    dataplane =
        node.dataplane(new Setup(setup.state(), 80, 90, false, 1, setup.threads(), Time.SYSTEM));
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      routes.add(via("10." + (i >> 8) + "." + (i & 255) + ".0/26", "192.0.2.2"));
    }
    declare(routes.toArray(KernelObject[]::new));
    assertEquals(List.of(), dataplane.drift());

    node.ip("route flush proto 80");

    Route last = routes.get(routes.size() - 1);
    awaitRoutes(routes.get(0), last);
    TestNode.await("all repaired", () -> node.ip("route show proto 80").lines().count() == 2000);
  }

  @Test
  void tellsOfTheUnderlayAndNotOfItself() throws Exception {
    dataplane = node.dataplane();
    AtomicInteger told = new AtomicInteger();
    AutoCloseable subscription = dataplane.onUnderlayChange(told::incrementAndGet);
    declare(ROUTE);
    TestNode.barrier(dataplane);
    assertEquals(0, told.get());

    node.ip("route add 203.0.113.0/24 via 192.0.2.9 proto static");

    TestNode.await("told", () -> told.get() > 0);
    subscription.close();
  }

  @Test
  void answersLookupsInterfacesAndCounters() throws Exception {
    dataplane = node.dataplane();
    declare(ROUTE);
    node.ip("route add unreachable 10.7.0.0/16");

    var state =
        dataplane.actual(
            Query.lookup(
                List.of(
                    Ip.parse("10.1.0.1"),
                    Ip.parse("192.0.2.2"),
                    Ip.parse("192.0.2.1"),
                    Ip.parse("10.7.1.1"))));

    var routed = state.lookups().get(Ip.parse("10.1.0.1"));
    assertEquals("uplink", routed.link());
    assertEquals(Ip.parse("192.0.2.2"), routed.gateway().orElseThrow());
    assertEquals(Ip.parse("192.0.2.1"), routed.source().orElseThrow());
    assertTrue(state.lookups().get(Ip.parse("192.0.2.2")).gateway().isEmpty());
    assertTrue(state.lookups().get(Ip.parse("192.0.2.1")).local());
    assertFalse(state.lookups().containsKey(Ip.parse("10.7.1.1")));
    var uplink = state.links().stream().filter(l -> l.name().equals("uplink")).findFirst();
    assertEquals("veth", uplink.orElseThrow().type());
    assertTrue(uplink.get().up());
    assertTrue(uplink.get().addresses().contains(Address.of("uplink", Ip.parse("192.0.2.1"), 24)));
    assertTrue(dataplane.counters(POOL).containsKey("uplink.txBytes"));
  }

  @Test
  void letsASecondDataplaneWriteWhenTheFirstHasStopped() throws Exception {
    KernelDataplane first = node.dataplane();
    first.declare(POOL, DesiredState.of(ROUTE), TEST);
    first.settled(POOL).toCompletableFuture().get(20, TimeUnit.SECONDS);
    dataplane = node.dataplane();
    dataplane.declare(POOL, DesiredState.of(ROUTE, SIX), TEST);
    assertEquals(Health.Status.DEGRADED, dataplane.check().get(0).status());
    assertFalse(IpRoutes.holds(node, SIX));

    first.close();

    settle();
    assertTrue(IpRoutes.holds(node, SIX));
    assertEquals(1, dataplane.written());
    ExecutionException stopped =
        assertThrows(
            ExecutionException.class,
            () -> first.settled(POOL).toCompletableFuture().get(20, TimeUnit.SECONDS));
    assertTrue(stopped.getMessage().contains("stopped"), stopped.getMessage());
  }

  private void declare(KernelObject... objects) throws Exception {
    dataplane.declare(POOL, DesiredState.of(objects), TEST);
    settle();
  }

  private void settle() throws Exception {
    dataplane.settled(POOL).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private DataplaneException refusal() {
    Throwable cause = assertThrows(ExecutionException.class, this::settle).getCause();
    return (DataplaneException) cause;
  }

  private void awaitRoutes(Route... routes) {
    for (Route route : routes) {
      TestNode.await(route.toString(), () -> IpRoutes.holds(node, route, 80));
    }
    TestNode.barrier(dataplane);
  }

  private void advance(int seconds) {
    time.advanceSeconds(seconds);
    dataplane.wake();
    TestNode.barrier(dataplane);
  }

  private String arpAnnounce() {
    return node.exec("cat /proc/sys/net/ipv4/conf/uplink/arp_announce");
  }

  private static Route via(String destination, String gateway) {
    return Route.of(Cidr.parse(destination), NextHop.via(Ip.parse(gateway), "uplink"));
  }
}
