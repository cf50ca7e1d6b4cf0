// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.BpfMapEntry;
import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Drift;
import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Query;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Dataplane} does. An implementation gives a kernel that has the link {@link
 * #LINK}, up, with the addresses 192.0.2.1/24 and 2001:db8::1/64, and nothing else.
 */
public abstract class DataplaneContract {
  /** The link over which the routes of these tests go. */
  protected static final String LINK = "uplink";

  protected static final Owner POOL = Owner.pool("blue");
  protected static final Owner OTHER = Owner.pool("green");
  private static final Cause TEST = new Cause("test");
  private static final long PATIENCE_SECONDS = 20;

  private static final Route ROUTE = via("10.1.0.0/26", "192.0.2.2");
  private static final Route MOVED = via("10.1.0.0/26", "192.0.2.3");
  private static final Route SECOND = via("10.2.0.0/26", "192.0.2.2");
  private static final Route SIX = via("2001:db8:1::/122", "2001:db8::2");
  private static final Route HOLE = Route.blackhole(Cidr.parse("10.3.0.0/26"));
  private static final Route HOLE_SIX = Route.blackhole(Cidr.parse("2001:db8:3::/122"));

  /** The dataplane under test; the same one until {@link #restart}. */
  protected abstract Dataplane dataplane();

  /** Ends the dataplane and starts another over the same kernel. */
  protected abstract void restart();

  /** Whether the kernel, not the dataplane, says that it holds exactly this. */
  protected abstract boolean holds(KernelObject object);

  /** Another daemon adds or replaces this route. */
  protected abstract void foreign(Route route);

  /** Somebody deletes the route. */
  protected abstract void deleteByHand(Route route);

  /** Objects written or deleted by the dataplane since its start. */
  protected abstract long written();

  /** Returns when what others did to the kernel has been noticed and answered. */
  protected abstract void awaitRepaired(KernelObject object);

  @Test
  public void writesWhatIsDeclared() throws Exception {
    declare(POOL, ROUTE, SECOND, SIX, HOLE, HOLE_SIX);

    for (Route route : List.of(ROUTE, SECOND, SIX, HOLE, HOLE_SIX)) {
      assertTrue(holds(route), route.toString());
    }
    assertEquals(5, written());
  }

  @Test
  public void writesNothingWhenTheSameIsDeclaredAgain() throws Exception {
    declare(POOL, ROUTE, SIX, HOLE);

    declare(POOL, ROUTE, SIX, HOLE);

    assertEquals(3, written());
  }

  @Test
  public void removesWhatIsNoLongerDeclared() throws Exception {
    declare(POOL, ROUTE, SECOND, SIX);

    declare(POOL, SECOND);

    assertTrue(!holds(ROUTE) && !holds(SIX) && holds(SECOND));
  }

  @Test
  public void refusesWhatAnOwnerMayNotHaveAndWritesTheRest() throws Exception {
    Route elsewhere = SECOND.withTable(4321);
    dataplane().confine(POOL, Grant.parse("acme", "route;table=\"99\""));

    dataplane().declare(POOL, DesiredState.of(List.of(ROUTE, elsewhere)), new Cause("test"));

    ExecutionException refusal =
        assertThrows(
            ExecutionException.class, () -> dataplane().settled(POOL).toCompletableFuture().get());
    assertTrue(refusal.getCause().getMessage().startsWith("acme may not own " + elsewhere));
    assertTrue(holds(ROUTE) && !holds(elsewhere));
    assertEquals(
        List.of(elsewhere.toString()),
        dataplane().drift().stream().map(d -> d.what().after().orElseThrow().toString()).toList());

    declare(POOL, ROUTE);
    assertEquals(List.of(), dataplane().drift());
  }

  @Test
  public void replacesARouteInOneWrite() throws Exception {
    declare(POOL, ROUTE);

    declare(POOL, MOVED);

    assertTrue(holds(MOVED) && !holds(ROUTE));
    assertEquals(2, written());
  }

  @Test
  public void replacesARouteOfAnotherTypeInOneWrite() throws Exception {
    declare(POOL, HOLE, HOLE_SIX);
    Route four = via("10.3.0.0/26", "192.0.2.2");
    Route six = via("2001:db8:3::/122", "2001:db8::2");

    declare(POOL, four, six);

    assertTrue(holds(four) && holds(six) && !holds(HOLE) && !holds(HOLE_SIX));
    assertEquals(4, written());
  }

  @Test
  public void replacesOneNextHopByManyAndBack() throws Exception {
    Route four = many("10.1.0.0/26", "192.0.2.2", "192.0.2.3");
    Route six = many("2001:db8:1::/122", "2001:db8::2", "2001:db8::3");
    declare(POOL, ROUTE, SIX);

    declare(POOL, four, six);

    assertTrue(holds(four) && holds(six));

    declare(POOL, ROUTE, SIX);

    assertTrue(holds(ROUTE) && holds(SIX));
    assertEquals(6, written());
  }

  @Test
  public void changesMtuSourceAndMetric() throws Exception {
    Route bare = ROUTE;
    Route dressed = ROUTE.withMtuBytes(1400).withSource(Ip.parse("192.0.2.1"));
    Route second = MOVED.withMetric(77);
    declare(POOL, bare);

    declare(POOL, dressed, second);

    assertTrue(holds(dressed) && holds(second));

    declare(POOL, bare);

    assertTrue(holds(bare) && !holds(second) && !holds(dressed));
  }

  @Test
  public void retireRemovesOneOwnerOnly() throws Exception {
    declare(POOL, ROUTE);
    declare(OTHER, SECOND);

    dataplane().retire(POOL, TEST);
    settle(POOL);

    assertTrue(!holds(ROUTE) && holds(SECOND));
    assertEquals(Set.of(OTHER), dataplane().desired().keySet());
  }

  @Test
  public void refusesASecondOwnerOfOneKey() throws Exception {
    declare(POOL, ROUTE);

    dataplane().declare(OTHER, DesiredState.of(MOVED), TEST);

    assertEquals("EEXIST", refusal(OTHER).errno());
    assertTrue(holds(ROUTE));
    settle(POOL);
    assertEquals(Set.of(OTHER), dataplane().unsettled());
  }

  @Test
  public void handsAKeyOverWithoutAGap() throws Exception {
    declare(POOL, ROUTE);
    dataplane().declare(OTHER, DesiredState.of(MOVED), TEST);

    dataplane().retire(POOL, TEST);
    settle(OTHER);

    assertTrue(holds(MOVED));
    assertEquals(2, written());
    assertTrue(dataplane().drift().isEmpty());
  }

  @Test
  public void keepsAForeignRouteWithOurKey() throws Exception {
    foreign(MOVED);

    dataplane().declare(POOL, DesiredState.of(ROUTE, SECOND), TEST);
    DataplaneException refusal = refusal(POOL);

    assertEquals("EEXIST", refusal.errno());
    assertTrue(holds(MOVED) && holds(SECOND));
    Drift drift = dataplane().drift().get(0);
    assertEquals(Change.Action.CONFLICT, drift.what().action());
    assertEquals(Optional.of(ROUTE), drift.what().after());

    deleteByHand(MOVED);
    awaitRepaired(ROUTE);

    settle(POOL);
  }

  @Test
  public void doesNotRemoveAForeignRouteOnRetire() throws Exception {
    foreign(MOVED);
    dataplane().declare(POOL, DesiredState.of(ROUTE), TEST);

    dataplane().retire(POOL, TEST);
    settle(POOL);

    assertTrue(holds(MOVED));
  }

  @Test
  public void repairsADeletedRoute() throws Exception {
    declare(POOL, ROUTE, SIX, HOLE);

    deleteByHand(ROUTE);
    deleteByHand(SIX);
    awaitRepaired(ROUTE);
    awaitRepaired(SIX);

    assertTrue(dataplane().drift().stream().allMatch(Drift::repaired));
    assertEquals(2, dataplane().drift().size());
  }

  @Test
  public void repairsARouteThatWasReplaced() throws Exception {
    declare(POOL, ROUTE);

    foreign(MOVED);
    awaitRepaired(ROUTE);

    Drift drift = dataplane().drift().get(0);
    assertTrue(drift.repaired());
    assertEquals(POOL, drift.owner());
  }

  @Test
  public void writesNothingAfterARestart() throws Exception {
    KernelObject[] all = {
      ROUTE.withMtuBytes(1400),
      many("10.2.0.0/26", "192.0.2.2", "192.0.2.3"),
      SIX,
      many("2001:db8:2::/122", "2001:db8::2", "2001:db8::3"),
      HOLE,
      HOLE_SIX
    };
    declare(POOL, all);

    restart();
    long before = written();
    declare(POOL, all);

    assertEquals(before, written());
  }

  @Test
  public void touchesNothingAfterARestartUntilSwept() throws Exception {
    declare(POOL, ROUTE, SECOND, SIX);
    restart();

    declare(POOL, ROUTE);

    assertTrue(holds(SECOND) && holds(SIX));

    dataplane().sweep(object -> object.equals(SIX) || object.key().equals(SIX.key()), TEST);
    settle(POOL);

    assertTrue(holds(ROUTE) && !holds(SECOND) && holds(SIX));
  }

  @Test
  public void previewsWithoutWriting() throws Exception {
    declare(POOL, ROUTE, SECOND);
    foreign(via("10.9.0.0/26", "192.0.2.9"));
    Route wanted = via("10.9.0.0/26", "192.0.2.2");

    List<Change> changes = dataplane().preview(POOL, DesiredState.of(MOVED, SIX, wanted));

    assertEquals(
        Set.of(
            "REPLACE " + MOVED.key(),
            "ADD " + SIX.key(),
            "CONFLICT " + wanted.key(),
            "REMOVE null"),
        changes.stream()
            .map(c -> c.action() + " " + c.after().map(KernelObject::key).orElse(null))
            .collect(Collectors.toSet()));
    assertEquals(2, written());
    assertTrue(dataplane().preview(POOL, DesiredState.of(ROUTE, SECOND)).isEmpty());
  }

  @Test
  public void awaitsAnExternalLink() throws Exception {
    dataplane().declare(POOL, DesiredState.of(Link.external("nowhere0")), TEST);

    assertEquals("ENODEV", refusal(POOL).errno());

    declare(POOL, Link.external(LINK));
    dataplane().retire(POOL, TEST);
    settle(POOL);

    assertEquals(0, written());
  }

  @Test
  public void tellsWhatIsOursAndWhoDeclaredIt() throws Exception {
    foreign(SECOND);
    declare(POOL, ROUTE);

    List<ActualState.Item> items = dataplane().actual(Query.of(Kind.ROUTE)).objects();

    assertEquals(
        Optional.of(new ActualState.Item(item(items, ROUTE).object(), Optional.of(POOL), true)),
        Optional.of(item(items, ROUTE)));
    assertTrue(!item(items, SECOND).ours());
    List<ActualState.Item> owned = dataplane().actual(Query.ownedBy(POOL)).objects();
    assertEquals(List.of(ROUTE.key()), owned.stream().map(i -> i.object().key()).toList());
  }

  @Test
  public void recognisesProgramsAndTheirMaps() throws Exception {
    assumeTrue(dataplane().facts().features().contains("bpf"), "this kernel has no BPF");
    BpfMap map = BpfMap.of("peers", BpfMap.Type.HASH, 4, 4, 8);
    BpfMapEntry entry = BpfMapEntry.of("peers", new byte[] {10, 0, 0, 1}, new byte[4]);
    declare(POOL, map, entry, returning(0));
    assertEquals(3, written());

    restart();
    long before = written();
    declare(POOL, map, entry, returning(0));
    assertEquals(before, written());
    assertTrue(
        dataplane().preview(POOL, DesiredState.of(map, entry, returning(0))).isEmpty(), "preview");

    declare(POOL, map, returning(2));
    assertEquals(before + 2, written());
    assertEquals(Set.of(map.key(), returning(2).key()), bpf());

    dataplane().retire(POOL, TEST);
    settle(POOL);
    assertEquals(Set.of(), bpf());
  }

  private static BpfProgram returning(int result) {
    byte[] code = {(byte) 0xb7, 0, 0, 0, (byte) result, 0, 0, 0, (byte) 0x95, 0, 0, 0, 0, 0, 0, 0};
    return BpfProgram.of("contract", LINK, BpfProgram.Hook.INGRESS, code);
  }

  private Set<Object> bpf() throws DataplaneException {
    Query query = Query.of(Kind.BPF_MAP, Kind.BPF_MAP_ENTRY, Kind.BPF_PROGRAM);
    return dataplane().actual(query).objects().stream()
        .map(item -> item.object().key())
        .collect(Collectors.toSet());
  }

  @Test
  public void endsASubscription() throws Exception {
    AutoCloseable subscription = dataplane().onUnderlayChange(() -> {});

    assertNotNull(subscription);
    assertDoesNotThrow(subscription::close);
  }

  /** Declares and waits until it is in the kernel. */
  protected final void declare(Owner owner, KernelObject... objects) throws Exception {
    dataplane().declare(owner, DesiredState.of(objects), TEST);
    settle(owner);
  }

  protected final void settle(Owner owner) throws Exception {
    dataplane().settled(owner).toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** The refusal that keeps the owner from settling. */
  protected final DataplaneException refusal(Owner owner) {
    Throwable cause = assertThrows(ExecutionException.class, () -> settle(owner)).getCause();
    return assertInstanceOf(DataplaneException.class, cause);
  }

  /** A route over {@link #LINK}. */
  protected static Route via(String destination, String gateway) {
    return Route.of(Cidr.parse(destination), NextHop.via(Ip.parse(gateway), LINK));
  }

  private static Route many(String destination, String... gateways) {
    List<NextHop> hops = Arrays.stream(gateways).map(g -> NextHop.via(Ip.parse(g), LINK)).toList();
    return Route.of(Cidr.parse(destination), hops);
  }

  private static ActualState.Item item(List<ActualState.Item> items, KernelObject object) {
    return items.stream()
        .filter(i -> i.object().key().equals(object.key()))
        .findFirst()
        .orElseThrow();
  }
}
