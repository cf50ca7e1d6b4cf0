// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.BpfMapEntry;
import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Query;
import io.margay.dataplane.KernelDataplane.Setup;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Programs that packets meet, attached by TCX; see {@link BpfClsactNetnsIT}. */
class BpfNetnsIT {
  static final Owner MODE = Owner.mode("ipip");
  private static final Cause TEST = new Cause("test");
  static final BpfProgram FILTER = PacketFilter.on("uplink", Hook.INGRESS, 0);
  private static final BpfProgram OTHER = PacketFilter.on("uplink", Hook.INGRESS, 1);
  private static final BpfMapEntry NEIGHBOUR = PacketFilter.blocked(192, 0, 2, 2);
  private static final KernelObject[] ALL = {
    PacketFilter.COUNTS, PacketFilter.BLOCKED, PacketFilter.blocked(192, 0, 2, 9), FILTER
  };

  private final ManualTime time = new ManualTime();
  TestNode node;
  private TestNode neighbour;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
    neighbour = TestNode.create();
    connect();
    dataplane = node.dataplane(setup());
  }

  @AfterEach
  void stop() throws Exception {
    if (neighbour != null) {
      neighbour.close();
    }
    if (node != null) {
      node.close();
    }
  }

  /** Whether programs are attached as in kernels without TCX. */
  boolean onlyClsact() {
    return false;
  }

  @Test
  void dropsAndCountsAsItsMapsSay() throws Exception {
    declare(ALL);

    assertTrue(pings());
    assertEquals(1L, counters().get("counts.one"));
    assertEquals(0L, counters().get("counts.two"));

    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, NEIGHBOUR, FILTER);

    assertFalse(pings());
    assertEquals(2L, counters().get("counts.one"));

    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, FILTER);

    assertTrue(pings());
    assertEquals(3L, counters().get("counts.one"));
  }

  @Test
  void swapsWithoutMissingAPacket() throws Exception {
    declare(ALL);
    int packets = 200_000;
    CompletableFuture<String> flood =
        CompletableFuture.supplyAsync(
            () -> neighbour.exec("ping -q -n -f -c " + packets + " 192.0.2.1"));

    int swaps = 0;
    while (!flood.isDone()) {
      swaps++;
      declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, swaps % 2 == 0 ? FILTER : OTHER);
    }

    assertTrue(flood.get().contains(packets + " received, 0% packet loss"), flood.get());
    assertTrue(swaps > 1, "swaps: " + swaps);
    assertEquals(
        packets, counters().get("counts.one") + counters().get("counts.two"), "swaps: " + swaps);
  }

  @Test
  void worksOnWithoutTheAgentAndIsRecognised() throws Exception {
    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, NEIGHBOUR, FILTER);

    dataplane.close();

    assertFalse(pings());

    dataplane = node.dataplane(setup());
    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, NEIGHBOUR, FILTER);

    assertEquals(0, dataplane.written());
    assertEquals(1L, counters().get("counts.one"));
    DesiredState same =
        DesiredState.of(PacketFilter.COUNTS, PacketFilter.BLOCKED, NEIGHBOUR, FILTER);
    assertEquals(List.of(), dataplane.preview(MODE, same));
  }

  @Test
  void swapsOneThatChangedWhileNoAgentRan() throws Exception {
    declare(ALL);
    dataplane.close();
    dataplane = node.dataplane(setup());

    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, ALL[2], OTHER);

    assertEquals(1, dataplane.written());
    assertTrue(pings());
    assertEquals(1L, counters().get("counts.two"));
    assertEquals(List.of(), dataplane.drift());
  }

  @Test
  void leavesNothingWhenRetired() throws Exception {
    declare(ALL);

    dataplane.retire(MODE, TEST);
    settle();

    assertEquals(List.of(), pins());
    assertEquals(List.of(), found());
    assertFalse(node.tool("tc", "filter show dev uplink ingress").contains("margay"));
    assertTrue(pings());
  }

  @Test
  void sweepsWhatNobodyDeclaresAfterARestart() throws Exception {
    BpfProgram second = PacketFilter.adding("uplink", Hook.EGRESS, "lo");
    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, NEIGHBOUR, FILTER, second);
    dataplane.close();
    dataplane = node.dataplane(setup());
    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, FILTER);
    assertFalse(pings());

    dataplane.sweep(object -> false, TEST);
    settle();

    assertTrue(pings());
    assertEquals(3, found().size(), found().toString());
    assertEquals(2, dataplane.written());
  }

  @Test
  void attachesAgainWhenTheLinkComesBack() throws Exception {
    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, NEIGHBOUR, FILTER);

    node.ip("link del uplink");
    TestNode.await("refused", () -> !dataplane.unsettled().isEmpty());
    node.ip("link add uplink type veth peer name wire");
    node.ip("addr add 192.0.2.1/24 dev uplink");
    node.ip("link set uplink up");
    connect();
    TestNode.await("attached again", () -> dataplane.unsettled().isEmpty());
    settle();

    assertFalse(pings());
    assertEquals(1L, counters().get("counts.one"));
  }

  @Test
  void forgetsALinkThatWentForGood() throws Exception {
    declare(ALL);
    node.ip("link del uplink");
    TestNode.await("refused", () -> !dataplane.unsettled().isEmpty());

    dataplane.retire(MODE, TEST);
    settle();

    assertEquals(List.of(), pins());
  }

  @Test
  void loadsAgainWithAMapOfAnotherShape() throws Exception {
    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, NEIGHBOUR, FILTER);
    BpfMap larger = BpfMap.of("blocked", BpfMap.Type.HASH, 4, 4, 32);

    declare(PacketFilter.COUNTS, larger, NEIGHBOUR, FILTER);

    assertFalse(pings());
    assertEquals(List.of(), dataplane.drift());
    dataplane.close();
    dataplane = node.dataplane(setup());
    declare(PacketFilter.COUNTS, larger, NEIGHBOUR, FILTER);
    assertEquals(0, dataplane.written());
  }

  @Test
  void repairsByTimerWhatNoEventTold() throws Exception {
    dataplane.close();
    Setup setup = setup();
    dataplane =
        node.dataplane(
            new Setup(setup.state(), 80, 90, false, 1 << 20, setup.threads(), time, onlyClsact()));
    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, NEIGHBOUR, FILTER);
    dataplane.sweep(object -> false, TEST);
    settle();
    try (Stream<Path> files = Files.walk(setup.state().resolve("bpf/programs"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }

    time.advanceSeconds(91);
    dataplane.wake();
    TestNode.barrier(dataplane);
    settle();

    assertFalse(pings());
    assertEquals(1, dataplane.drift().size());
    assertTrue(dataplane.drift().get(0).repaired());
  }

  @Test
  void removesEntriesOfOthers() throws Exception {
    dataplane.close();
    Setup setup = setup();
    dataplane =
        node.dataplane(
            new Setup(setup.state(), 80, 90, false, 1 << 20, setup.threads(), time, onlyClsact()));
    declare(ALL);
    dataplane.sweep(object -> false, TEST);
    settle();
    Path pin = setup.state().resolve("bpf/maps/blocked");
    try (io.margay.netlink.BpfMapFd map = io.margay.netlink.BpfMapFd.open(pin)) {
      map.put(NEIGHBOUR.keyBytes(), NEIGHBOUR.valueBytes());
    }
    assertFalse(pings());

    time.advanceSeconds(91);
    dataplane.wake();
    TestNode.barrier(dataplane);

    assertTrue(pings());
  }

  @Test
  void putsTheIndexOfALinkIntoTheProgram() throws Exception {
    BpfProgram adder = PacketFilter.adding("uplink", Hook.INGRESS, "far");
    dataplane.declare(MODE, DesiredState.of(PacketFilter.COUNTS, adder), TEST);
    assertEquals("ENODEV", refusal().errno());

    node.ip("link add far index 700 type veth peer name away");
    TestNode.await("attached", () -> dataplane.unsettled().isEmpty());
    settle();

    long sum = awaitMore("counts.link", 0);
    assertEquals(0, sum % 700, "sum: " + sum);

    node.ip("link del far");
    node.ip("link add far index 1000003 type veth peer name away");
    TestNode.await(
        "attached with the new index",
        () -> pins().stream().anyMatch(pin -> pin.endsWith(",far=1000003")));
    long before = counters().get("counts.link");
    assertEquals(0, (awaitMore("counts.link", before) - before) % 1000003);
  }

  @Test
  void countsOnBothSidesAndBesideAnother() throws Exception {
    BpfProgram out = PacketFilter.on("uplink", Hook.EGRESS, 1);

    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, FILTER, out);

    assertTrue(pings());
    assertEquals(1L, counters().get("counts.one"));
    assertEquals(1L, counters().get("counts.two"));

    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, out);

    assertTrue(pings());
    assertEquals(1L, counters().get("counts.one"));
    assertEquals(2L, counters().get("counts.two"));
  }

  @Test
  void setsAndClearsEntriesOfAnArray() throws Exception {
    BpfMap array = BpfMap.of("settings", BpfMap.Type.ARRAY, 4, 4, 2);
    BpfMapEntry one = BpfMapEntry.of("settings", new byte[] {1, 0, 0, 0}, new byte[] {7, 7, 7, 7});
    declare(array, one);
    assertEquals(2, dataplane.written());
    assertTrue(found().contains(one), found().toString());

    declare(array);

    Path pin = setup().state().resolve("bpf/maps/settings");
    try (io.margay.netlink.BpfMapFd map = io.margay.netlink.BpfMapFd.open(pin)) {
      assertEquals(0, map.get(one.keyBytes()).orElseThrow()[0]);
    }
    BpfMapEntry long7 = BpfMapEntry.of("settings", new byte[] {1, 0, 0, 0}, new byte[7]);
    dataplane.declare(MODE, DesiredState.of(array, long7), TEST);
    assertEquals("EINVAL", refusal().errno());
  }

  @Test
  void tellsWhyAProgramIsRefused() throws Exception {
    dataplane.declare(MODE, DesiredState.of(PacketFilter.unsafe("uplink")), TEST);

    DataplaneException refusal = refusal();

    assertEquals("EACCES", refusal.errno());
    assertTrue(refusal.getMessage().contains("invalid access to packet"), refusal.getMessage());
  }

  @Test
  void refusesAProgramWithoutItsMapUntilThatIsDeclared() throws Exception {
    dataplane.declare(MODE, DesiredState.of(FILTER, NEIGHBOUR), TEST);
    assertEquals("ENOENT", refusal().errno());

    Owner second = Owner.mode("second");
    dataplane.declare(second, DesiredState.of(PacketFilter.COUNTS, PacketFilter.BLOCKED), TEST);
    settle();

    assertFalse(pings());
  }

  private Setup setup() {
    Setup setup = node.setup();
    return new Setup(
        setup.state(), 80, 90, false, 1 << 20, setup.threads(), setup.time(), onlyClsact());
  }

  private void connect() {
    neighbour.adopt(node, "wire");
    neighbour.ip("addr add 192.0.2.2/24 dev wire");
    neighbour.ip("link set wire up");
    neighbour.ip("neigh replace 192.0.2.1 lladdr " + mac(node, "uplink") + " dev wire");
    node.ip("neigh replace 192.0.2.2 lladdr " + mac(neighbour, "wire") + " dev uplink");
  }

  private static String mac(TestNode of, String link) {
    return of.ip("-br link show " + link).strip().split("\\s+")[2];
  }

  /** Whether the node answers its neighbour. */
  private boolean pings() {
    return neighbour.attempt("ping -q -n -c 1 -W 1 192.0.2.1") == 0;
  }

  private long awaitMore(String counter, long than) throws Exception {
    assertTrue(pings());
    return counters().get(counter);
  }

  private java.util.Map<String, Long> counters() throws DataplaneException {
    return dataplane.counters(MODE);
  }

  private List<KernelObject> found() throws DataplaneException {
    return dataplane
        .actual(Query.of(Kind.BPF_MAP, Kind.BPF_MAP_ENTRY, Kind.BPF_PROGRAM))
        .objects()
        .stream()
        .map(ActualState.Item::object)
        .toList();
  }

  /** What is pinned; looked at again when something goes while one looks. */
  private List<String> pins() {
    while (true) {
      try {
        return pinned();
      } catch (UncheckedIOException e) {
        assertInstanceOf(NoSuchFileException.class, e.getCause());
      }
    }
  }

  private List<String> pinned() {
    List<String> pins = new ArrayList<>();
    try (Stream<Path> files = Files.walk(node.setup().state().resolve("bpf"))) {
      files
          .filter(Files::isRegularFile)
          .map(Path::toString)
          .filter(pin -> !pin.endsWith(".debug")) // the kernel's own
          .forEach(pins::add);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    return pins;
  }

  private DataplaneException refusal() {
    Throwable cause = assertThrows(ExecutionException.class, this::settle).getCause();
    return (DataplaneException) cause;
  }

  void declare(KernelObject... objects) throws Exception {
    dataplane.declare(MODE, DesiredState.of(objects), TEST);
    settle();
  }

  private void settle() throws Exception {
    dataplane.settled(MODE).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
