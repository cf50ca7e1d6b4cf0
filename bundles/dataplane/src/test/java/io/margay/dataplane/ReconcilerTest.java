// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Rule;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.dataplane.journal.Recorder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReconcilerTest {
  private static final Owner BLUE = Owner.pool("blue");
  private static final Owner GREEN = Owner.pool("green");
  private static final Cause TEST = new Cause("test");
  private static final Route ROUTE = via("10.1.0.0/26", "192.0.2.2");
  private static final Route MOVED = via("10.1.0.0/26", "192.0.2.3");
  private static final MacAddress MAC = MacAddress.parse("66:00:00:00:00:01");

  private final ManualTime time = new ManualTime();
  private final MemoryKernel kernel = new MemoryKernel();
  private final List<String> taken = new ArrayList<>();
  private final Recorder journal =
      (action, owner, object, before, cause, errno) ->
          taken.add(
              action.sign()
                  + " "
                  + object
                  + (before == null ? "" : " was " + before)
                  + " for "
                  + cause.kind().word()
                  + (errno == null ? "" : ": " + errno));
  private Problems problems;
  private Reconciler reconciler;

  @BeforeEach
  void start() throws DataplaneException {
    kernel.makeLink("eth0");
    restart(false);
  }

  @Test
  void writesInTheOrderOfKindsAndDeletesInReverse() throws DataplaneException {
    Link link = Link.of("vx0", "vxlan");
    List<KernelObject> ordered =
        List.of(
            link,
            Address.of("vx0", Ip.parse("10.65.0.0"), 32),
            Sysctl.of("net/ipv4/ip_forward", 1),
            Neighbour.of("vx0", Ip.parse("10.65.1.0"), MAC),
            FdbEntry.of("vx0", MAC, Ip.parse("192.0.2.2")),
            Rule.of(IpFamily.IPV4, 9800, 7),
            Route.of(Cidr.parse("10.65.1.0/26"), NextHop.dev("vx0")));
    List<KernelObject> shuffled = new ArrayList<>(ordered);
    Collections.reverse(shuffled);

    declare(BLUE, shuffled.toArray(KernelObject[]::new));

    assertEquals(ordered.stream().map(o -> "ADD " + o).toList(), kernel.log);

    kernel.log.clear();
    reconciler.retire(BLUE, TEST);
    reconciler.step();
    reap();

    assertEquals(
        "route rule fdb neigh address link",
        String.join(" ", kernel.log.stream().map(l -> l.split(" ")[1]).toList()));
    assertTrue(kernel.objects.containsKey(new Sysctl.Key("net/ipv4/ip_forward")));
  }

  @Test
  void takesDownWhatItWritesAndWhy() throws DataplaneException {
    reconciler.declare(BLUE, DesiredState.of(ROUTE), new Cause(Cause.Kind.STORE, "x"));
    reconciler.step();
    reconciler.declare(BLUE, DesiredState.of(ROUTE), new Cause(Cause.Kind.STORE, "again"));
    reconciler.step();
    reconciler.declare(BLUE, DesiredState.of(MOVED), new Cause(Cause.Kind.SWITCH, "x"));
    reconciler.step();
    kernel.remove(MOVED);
    reconciler.step();
    reconciler.retire(BLUE, new Cause(Cause.Kind.OPERATOR, "x"));
    reconciler.step();

    assertEquals(
        List.of(
            "+ " + ROUTE + " for store",
            "~ " + MOVED + " was " + ROUTE + " for switch",
            "- " + MOVED + " for foreign",
            "+ " + MOVED + " for repair",
            "- " + MOVED + " for operator"),
        taken);
  }

  @Test
  void writesATableTogetherWithTheElementsOfEverybody() throws DataplaneException {
    NftTable table = NftTable.of("set nodes4 { type ipv4_addr; }");
    NftElement blue = NftElement.of("nodes4", Ip.parse("192.0.2.2"));
    NftElement green = NftElement.of("nodes4", Ip.parse("192.0.2.3"));

    declare(GREEN, green);
    assertEquals(List.of(), kernel.log, "no table yet");
    assertTrue(problems.first(GREEN).isEmpty());

    declare(BLUE, table, blue);
    assertEquals(List.of("WRITE " + table + " with 2 elements"), kernel.log);

    kernel.log.clear();
    NftTable next = NftTable.of("set nodes4 { type ipv4_addr; } counter seen { }");
    declare(BLUE, next);
    assertEquals(
        List.of("WRITE " + next + " with 1 elements"), kernel.log, "without what it let go");
  }

  @Test
  void addsAndDeletesElementsOneByOne() throws DataplaneException {
    NftTable table = NftTable.of("set nodes4 { type ipv4_addr; }");
    NftElement element = NftElement.of("nodes4", Ip.parse("192.0.2.2"));
    declare(BLUE, table);
    kernel.log.clear();

    declare(GREEN, element);
    declare(GREEN);

    assertEquals(List.of("ADD " + element, "DELETE " + element), kernel.log);
  }

  @Test
  void aTableThatIsRefusedLetsElementsWait() throws DataplaneException {
    NftTable table = NftTable.of("set nodes4 { type ipv4_addr; }");
    NftElement element = NftElement.of("nodes4", Ip.parse("192.0.2.2"));
    kernel.refused = object -> object instanceof NftTable;
    kernel.refusedErrno = "EINVAL";
    declare(BLUE, table);
    declare(GREEN, element);
    assertEquals("EINVAL", problems.first(BLUE).orElseThrow().errno());
    assertTrue(problems.first(GREEN).isEmpty());

    kernel.refused = object -> false;
    time.advanceSeconds(2);
    reconciler.step();

    assertEquals(List.of("WRITE " + table + " with 1 elements"), kernel.log);
    assertTrue(problems.first(BLUE).isEmpty());
  }

  @Test
  void replacesWithoutDeleting() throws DataplaneException {
    declare(BLUE, ROUTE);

    declare(BLUE, MOVED);

    assertEquals(List.of("ADD " + ROUTE, "REPLACE " + MOVED), kernel.log);
  }

  @Test
  void neverOverwritesAForeignRouteThatItHasNotSeen() throws DataplaneException {
    kernel.put(MOVED, false);
    kernel.lose();
    kernel.drain();

    declare(BLUE, ROUTE);

    assertEquals(List.of(), kernel.log);
    assertEquals("EEXIST", problems.first(BLUE).orElseThrow().errno());
    assertEquals(Change.Action.CONFLICT, problems.drift().get(0).what().action());
  }

  @Test
  void overwritesAForeignRouteWhenTakeoverIsConfigured() throws DataplaneException {
    restart(true);
    kernel.put(MOVED, false);

    declare(BLUE, ROUTE);

    assertEquals(List.of("REPLACE " + ROUTE), kernel.log);
  }

  @Test
  void takesTheLinkThatAModuleMade() throws DataplaneException {
    Link tunnel = Link.of("tunl0", "ipip").withMtuBytes(1480);
    kernel.put(Link.of("tunl0", "ipip").withUp(false), false);

    declare(BLUE, tunnel);

    assertEquals(List.of("REPLACE " + tunnel), kernel.log);
    assertEquals(List.of(), problems.drift());
  }

  @Test
  void leavesItWhenSomebodyUsesItOrItIsAnother() throws DataplaneException {
    kernel.put(Link.of("tunl0", "ipip"), false);
    kernel.put(Link.of("tunl1", "ipip").withUp(false), false);

    declare(BLUE, Link.of("tunl0", "ipip"), Link.of("tunl1", "ipip"));

    assertEquals(List.of(), kernel.log);
    assertEquals(
        List.of(Change.Action.CONFLICT, Change.Action.CONFLICT),
        problems.drift().stream().map(d -> d.what().action()).toList());
  }

  @Test
  void adoptsWhatItMayHaveWrittenBefore() throws DataplaneException {
    Neighbour neighbour = Neighbour.of("eth0", Ip.parse("10.1.0.1"), MAC);
    kernel.put(neighbour, false);
    kernel.put(ROUTE, true);
    restart(false);

    declare(BLUE, neighbour, ROUTE);

    assertEquals(List.of(), kernel.log);
  }

  @Test
  void triesARefusedObjectAgainEverLater() throws DataplaneException {
    kernel.refused = object -> true;
    kernel.refusedErrno = "ENOMEM";
    declare(BLUE, ROUTE);
    List<Long> pauses = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      long due = reconciler.nextNanos();
      pauses.add((due - time.nanos()) / 1_000_000_000);
      time.advanceMillis((due - time.nanos()) / 1_000_000);
      reconciler.step();
    }

    assertEquals(List.of(1L, 2L, 4L, 8L, 16L, 32L, 27L, 33L), pauses); // The 90 s timer in between.

    kernel.refused = object -> false;
    time.advanceSeconds(61);
    reconciler.step();

    assertEquals(List.of("ADD " + ROUTE), kernel.log);
    assertFalse(problems.first(BLUE).isPresent());
  }

  @Test
  void triesAtOnceWhenADependencyAppears() throws DataplaneException {
    kernel.refused = object -> true;
    kernel.refusedErrno = "ENETUNREACH";
    declare(BLUE, ROUTE);
    time.advanceMillis(100);
    kernel.refused = object -> false;

    kernel.put(via("192.0.2.0/24", "198.51.100.1"), false);
    reconciler.step();

    assertEquals(List.of("ADD " + ROUTE), kernel.log);
  }

  @ParameterizedTest
  @ValueSource(strings = {"EPERM", "EOPNOTSUPP", "EAFNOSUPPORT"})
  void doesNotRetryWhatTheNodeCannotDo(String errno) throws DataplaneException {
    int[] attempts = {0};
    kernel.refused = object -> ++attempts[0] > 0;
    kernel.refusedErrno = errno;
    declare(BLUE, ROUTE);

    time.advanceSeconds(3600);
    kernel.makeLink("eth1");
    reconciler.step();

    assertEquals(1, attempts[0]);
    assertTrue(problems.incapable().isPresent());
  }

  @Test
  void awaitsALinkWithoutAskingTheKernel() throws DataplaneException {
    Route late = Route.of(Cidr.parse("10.1.0.1/32"), NextHop.dev("cali0"));
    int[] asked = {0};
    kernel.refused = object -> ++asked[0] < 0;
    declare(BLUE, late);
    assertEquals("ENODEV", problems.first(BLUE).orElseThrow().errno());
    assertEquals(0, asked[0]);

    kernel.makeLink("cali0");
    reconciler.step();

    assertEquals(List.of("ADD " + late), kernel.log);
  }

  @Test
  void repairsAtOnceButDoesNotLetAFightBurnTheCpu() throws DataplaneException {
    declare(BLUE, ROUTE);
    kernel.log.clear();
    int repairs = 0;
    for (int millis = 0; millis < 10_000; millis++) {
      if (ROUTE.equals(kernel.objects.get(ROUTE.key()).object())) {
        kernel.put(MOVED, false);
      }
      reconciler.step();
      repairs = kernel.log.size();
      assertTrue(millis > 0 || repairs == 1, "the first repair is immediate");
      time.advanceMillis(1);
    }

    assertTrue(repairs > 10 && repairs < 25, "repairs: " + repairs);

    time.advanceSeconds(20);
    reconciler.step();
    time.advanceSeconds(20);
    kernel.put(MOVED, false);
    reconciler.step();

    assertEquals(ROUTE, kernel.objects.get(ROUTE.key()).object());
  }

  @Test
  void readsEverythingAgainWhenEventsWereLostAndByTimer() throws DataplaneException {
    declare(BLUE, ROUTE);
    kernel.remove(ROUTE);
    kernel.lose();

    reconciler.step();

    assertTrue(kernel.objects.containsKey(ROUTE.key()));
    int reads = kernel.reads.get(Kind.ROUTE);

    time.advanceSeconds(89);
    reconciler.step();
    assertEquals(reads, kernel.reads.get(Kind.ROUTE));
    time.advanceSeconds(1);
    reconciler.step();

    assertEquals(reads + 1, kernel.reads.get(Kind.ROUTE));
  }

  @Test
  void doesNotReadAfterItsOwnWrites() throws DataplaneException {
    Map<Kind, Integer> before = new HashMap<>(kernel.reads);

    declare(BLUE, ROUTE);
    declare(BLUE, MOVED);
    reconciler.retire(BLUE, TEST);
    reconciler.step();

    assertEquals(before.get(Kind.ROUTE), kernel.reads.get(Kind.ROUTE));
  }

  @Test
  void makesALinkOfAnotherTypeAnewTogetherWithWhatIsOnIt() throws DataplaneException {
    Address address = Address.of("vx0", Ip.parse("10.65.0.0"), 32);
    declare(BLUE, Link.of("vx0", "vxlan"), address);
    kernel.log.clear();

    Link bridge = Link.of("vx0", "bridge");
    declare(BLUE, bridge, address);
    assertTrue(reconciler.isPending(BLUE));
    kernel.objects.remove(address.key());
    reap();

    assertEquals(List.of("DELETE link vx0", "ADD " + bridge, "ADD " + address), kernel.log);
    assertFalse(reconciler.isPending(BLUE));
  }

  @Test
  void acceptsAValueThatTheKernelKeepsInItsOwnWay() throws DataplaneException {
    kernel.keeps = object -> object instanceof Link l ? l.withMtuBytes(1400) : object;
    Link link = Link.of("vx0", "vxlan").withMtuBytes(1450);
    declare(BLUE, link);

    time.advanceSeconds(90);
    reconciler.step();

    assertEquals(List.of("ADD " + link), kernel.log);
    assertEquals(List.of(), problems.drift());
  }

  @Test
  void writesEverythingOnceTheKernelAnswersAgain() throws DataplaneException {
    declare(BLUE, ROUTE);
    kernel.broken = true;
    Route second = via("10.2.0.0/26", "192.0.2.2");
    assertThrows(DataplaneException.class, () -> declare(BLUE, second));
    assertThrows(DataplaneException.class, reconciler::step);
    assertTrue(reconciler.isPending(BLUE));

    kernel.broken = false;
    reconciler.step();

    assertEquals(Set.of(second.key()), kernel.objects.keySet());
  }

  @Test
  void handsAKeyToTheNextInLine() throws DataplaneException {
    declare(BLUE, ROUTE);
    declare(GREEN, MOVED);
    assertEquals("EEXIST", problems.first(GREEN).orElseThrow().errno());

    declare(BLUE);

    assertFalse(problems.first(GREEN).isPresent());
    assertEquals(List.of("ADD " + ROUTE, "REPLACE " + MOVED), kernel.log);
  }

  /** Whatever the order of calls and foreign hands, in the end the kernel is as declared. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void alwaysEndsAsDeclared(long seed) throws DataplaneException {
    Random random = new Random(seed);
    List<Owner> owners = List.of(BLUE, GREEN, Owner.EXTERNAL);
    Map<Owner, DesiredState> declared = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      Owner owner = owners.get(random.nextInt(owners.size()));
      Route some = someRoute(random);
      switch (random.nextInt(8)) {
        case 0 -> {
          reconciler.retire(owner, TEST);
          declared.remove(owner);
        }
        case 1 -> kernel.put(some, false);
        case 2 -> removeByHand(some);
        case 3 -> kernel.lose();
        case 4 -> kernel.put(some, true);
        default -> {
          DesiredState desired = someRoutes(random);
          reconciler.declare(owner, desired, TEST);
          declared.put(owner, desired);
        }
      }
      if (random.nextBoolean()) {
        reconciler.step();
        time.advanceMillis(random.nextInt(300));
      }
    }
    endOfTrouble();

    Set<Object> wanted = new HashSet<>();
    declared.values().forEach(d -> wanted.addAll(d.byKey().keySet()));
    for (Object key : wanted) {
      Kernel.Found found = kernel.objects.get(key);
      assertTrue(found.ours(), "foreign: " + found.object());
      assertTrue(
          declared.values().stream().anyMatch(d -> found.object().equals(d.byKey().get(key))),
          "not declared so: " + found.object());
    }
    kernel.objects.values().stream()
        .filter(Kernel.Found::ours)
        .forEach(f -> assertTrue(wanted.contains(f.object().key()), "left: " + f.object()));
  }

  private void removeByHand(Route route) {
    if (kernel.objects.containsKey(route.key())) {
      kernel.remove(route);
    }
  }

  /** Foreign objects go, the timers fire, orphans are swept. */
  private void endOfTrouble() throws DataplaneException {
    kernel.objects.values().removeIf(f -> !f.ours());
    for (int i = 0; i < 3; i++) {
      time.advanceSeconds(100);
      reconciler.step();
    }
    reconciler.sweep(object -> false, TEST);
    reconciler.step();
  }

  private static DesiredState someRoutes(Random random) {
    Map<Object, Route> routes = new HashMap<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      Route route = someRoute(random);
      routes.put(route.key(), route);
    }
    return DesiredState.of(routes.values());
  }

  private static Route someRoute(Random random) {
    return via("10." + random.nextInt(8) + ".0.0/26", "192.0.2." + (2 + random.nextInt(3)));
  }

  private void declare(Owner owner, KernelObject... objects) throws DataplaneException {
    reconciler.declare(owner, DesiredState.of(objects), TEST);
    reconciler.step();
  }

  private void reap() throws DataplaneException {
    List<Runnable> due = List.copyOf(kernel.reaper);
    kernel.reaper.clear();
    due.forEach(Runnable::run);
    reconciler.step();
  }

  private void restart(boolean takeover) throws DataplaneException {
    problems = new Problems(time);
    reconciler = new Reconciler(kernel, problems, journal, time, 90, takeover);
    reconciler.start();
  }

  private static Route via(String destination, String gateway) {
    return Route.of(Cidr.parse(destination), NextHop.via(Ip.parse(gateway), "eth0"));
  }
}
