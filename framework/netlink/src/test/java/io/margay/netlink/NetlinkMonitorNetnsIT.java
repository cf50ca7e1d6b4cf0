// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.netlink.NetlinkMonitor.Group;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NetlinkMonitorNetnsIT {
  private TestNetns ns;
  private NetlinkMonitor monitor;

  @BeforeEach
  void open() throws Exception {
    ns = TestNetns.create();
    monitor = ns.netns().call(() -> NetlinkMonitor.open(EnumSet.allOf(Group.class)));
  }

  @AfterEach
  void close() throws Exception {
    if (ns != null) {
      monitor.close();
      ns.close();
    }
  }

  @Test
  void tellsWhatOthersChange() throws Exception {
    ns.exec("ip link add v0 type veth peer name v1");
    ns.exec("ip link set v0 up");
    ns.exec("ip addr add 10.1.0.1/24 dev v0");
    ns.exec("ip route add 10.2.0.0/24 via 10.1.0.9 proto 80");
    ns.exec("ip neigh replace 10.1.0.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent");
    ns.exec("ip rule add pref 77 lookup 77");
    ns.exec("sysctl -w net.ipv4.conf.v0.rp_filter=2");
    ns.exec("ip route del 10.2.0.0/24");

    List<String> seen = new ArrayList<>();
    while (seen.isEmpty() || !seen.get(seen.size() - 1).startsWith("- route 10.2.0.0/24")) {
      monitor.take().forEach(e -> seen.add(text(e)));
    }

    for (String expected :
        List.of(
            "+ link v0",
            "+ addr 10.1.0.1/24",
            "+ route 10.2.0.0/24 via 10.1.0.9",
            "+ neigh 10.1.0.9 lladdr 02:00:00:00:00:09",
            "+ rule pref 77 from all lookup 77",
            "+ netconf dev")) {
      assertTrue(seen.stream().anyMatch(s -> s.startsWith(expected)), expected + " in " + seen);
    }
  }

  @Test
  void tellsWhoseChangeItWas() throws Exception {
    ns.exec("ip link set lo up");
    InetAddress destination = InetAddress.getByName("10.2.0.0");
    try (NetlinkSocket socket = ns.socket()) {
      socket.execute(Request.add(RouteMessage.to(destination, 24).withDevice(1)));

      List<Integer> senders = new ArrayList<>();
      while (senders.isEmpty()) {
        for (Event event : monitor.take()) {
          if (event instanceof Event.Changed c
              && c.message() instanceof RouteMessage r
              && r.destination().equals(destination)) {
            senders.add(c.sender());
          }
        }
      }
      assertEquals(List.of(socket.port()), senders);
    }
  }

  @Test
  void leavesOutWhatOneSocketAsksFor() throws Exception {
    ns.exec("ip link set lo up");
    try (NetlinkSocket socket = ns.socket()) {
      monitor.ignore(socket.port());
      InetAddress own = InetAddress.getByName("10.2.0.0");
      socket.execute(Request.add(RouteMessage.to(own, 24).withDevice(1)));
      ns.exec("ip route add 10.3.0.0/24 dev lo");

      List<String> routes = new ArrayList<>();
      while (routes.isEmpty()) {
        for (Event event : monitor.take()) {
          if (text(event).matches("\\+ route 10\\.[23]\\..*")) {
            routes.add(text(event));
          }
        }
      }
      assertEquals(List.of("+ route 10.3.0.0/24 dev if1"), routes);
    }
  }

  @Test
  void tellsWhenEventsWereLost() throws Exception {
    ns.exec("ip link set lo up");
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 60_000; i++) {
      byte[] address = {10, (byte) (i >> 16), (byte) (i >> 8), (byte) i};
      requests.add(
          Request.add(RouteMessage.to(InetAddress.getByAddress(address), 32).withDevice(1)));
    }
    try (NetlinkSocket socket = ns.socket()) {
      socket.batch(requests);
    }

    boolean overrun = false;
    while (!overrun) {
      overrun = monitor.take().contains(new Event.Overrun());
    }
    ns.exec("ip link add v9 type veth peer name v8");
    String last = "";
    while (!last.startsWith("+ link v9")) {
      last =
          monitor.take().stream().map(NetlinkMonitorNetnsIT::text).reduce((a, b) -> b).orElse("");
    }
  }

  @Test
  void closingEndsAWaitingRead() throws Exception {
    ns.exec("ip link set lo up");
    CompletableFuture<Void> reading = new CompletableFuture<>();
    FutureTask<List<Event>> reader =
        new FutureTask<>(
            () -> {
              List<Event> events;
              do {
                events = monitor.take();
                reading.complete(null);
              } while (!events.isEmpty());
              return events;
            });
    new Thread(reader, "monitor").start();
    reading.get();

    monitor.close();

    assertEquals(List.of(), reader.get());
    assertEquals(List.of(), monitor.take());
  }

  private static String text(Event event) {
    if (event instanceof Event.Changed c) {
      String object = c.message().noun() + " " + c.message().describe(i -> "if" + i);
      return (c.deleted() ? "- " : "+ ") + object;
    }
    return event.toString();
  }
}
