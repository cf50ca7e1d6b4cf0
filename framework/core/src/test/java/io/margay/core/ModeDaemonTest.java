// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeDaemon;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.Resource;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.core.node.DetectionMethod;
import io.margay.testkit.FakeKernel;
import io.margay.testkit.FakeStore;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool of a mode whose link a daemon makes. */
class ModeDaemonTest {
  private static final Cidr PEER_BLOCK = Cidr.parse("10.65.0.64/26");
  private static final String ROUTE = "route 10.65.0.64/26 dev tun0";
  private static final Wire WIRE = new Wire("tun");

  private static final class DaemonMode implements RoutingMode, ModeDaemon {
    Readiness readiness = new Readiness(false, "tun0 is not there");
    RuntimeException failure;

    @Override
    public Info info() {
      return Info.of("tun").withFamily(IpFamily.IPV4, 28);
    }

    @Override
    public Map<String, String> advertise(LocalNode self) {
      return Map.of();
    }

    @Override
    public Plan plan(ModeView view) {
      Map<Cidr, Sending> sendings = new HashMap<>();
      for (Destination d : view.destinations()) {
        sendings.put(d.cidr(), new Sending(Route.of(d.cidr(), NextHop.dev("tun0")), WIRE));
      }
      return Plan.of(List.of(Link.external("tun0")), sendings).withReceives(WIRE);
    }

    @Override
    public Readiness readiness() {
      if (failure != null) {
        throw failure;
      }
      return readiness;
    }
  }

  private final ManualAgent agent = new ManualAgent();
  private final FakeStore store = new FakeStore(Runnable::run);
  private final DaemonMode mode = new DaemonMode();
  private FakeKernel kernel = new FakeKernel();
  private Coordinator coordinator;

  @BeforeEach
  void cluster() throws Exception {
    List<Address> addresses = List.of(Address.of("eth0", Ip.parse("192.0.2.1"), 24));
    kernel.putInterface(new Interface(2, "eth0", "", "", Optional.empty(), 1500, true, addresses));
    kernel.putLookup(
        Ip.parse("192.0.2.2"), new FibResult("eth0", Optional.empty(), Optional.empty(), false));
    put(
        Node.of("n2")
            .withAddress(IpFamily.IPV4, Optional.of(InterfaceAddress.parse("192.0.2.2/24"))));
    put(
        IpPool.of("pool", Cidr.parse("10.65.0.0/16"))
            .withAnnotation(IpPool.MODE_ANNOTATION, Optional.of("tun")));
    put(IpamBlock.claimedBy("n2", PEER_BLOCK, Instant.EPOCH));
    coordinator = coordinator();
  }

  @Test
  void routesWaitForTheDaemon() throws Exception {
    start();

    assertFalse(kernel.text().contains(ROUTE), kernel.text());
    assertEquals(Set.of(Wire.DIRECT), status().receives());
    assertTrue(
        healthText()
            .contains(
                "modes DEGRADED mode tun: the daemon of vendor here is not ready: tun0 is not"
                    + " there; its routes stay as they are"),
        this::healthText);

    assertTrue(fault().orElseThrow().contains("tun0 is not there"));

    serve();
    agent.pass(Duration.ofSeconds(5));

    assertEquals(Optional.empty(), fault());
    assertTrue(kernel.text().contains(ROUTE), kernel.text());
    assertEquals(Set.of(Wire.DIRECT, WIRE), status().receives());
    assertTrue(healthText().contains("modes OK"), this::healthText);
  }

  @Test
  void aRestartedAgentLeavesTheRoutesAsTheyAreUntilTheDaemonIsReady() {
    serve();
    start();
    assertTrue(kernel.text().contains(ROUTE), kernel.text());
    kernel.clearWrites();

    mode.readiness = new ModeDaemon.Readiness(false, "no answer on its socket");
    kernel = kernel.restarted();
    coordinator = coordinator();
    start();
    assertEquals(List.of(), kernel.writes());
    assertTrue(kernel.text().contains(ROUTE), kernel.text());

    mode.readiness = new ModeDaemon.Readiness(true, "");
    agent.pass(Duration.ofSeconds(5));
    assertEquals(List.of(), kernel.writes());
    assertTrue(healthText().contains("modes OK"), this::healthText);
  }

  @Test
  void routesStayWhenTheDaemonGoesAndNothingNewIsSentToIt() throws Exception {
    serve();
    start();
    kernel.clearWrites();

    mode.failure = new IllegalStateException("no socket");
    agent.pass(Duration.ofSeconds(5));
    put(IpamBlock.claimedBy("n2", Cidr.parse("10.65.0.128/26"), Instant.EPOCH));
    agent.pass(Duration.ofSeconds(5));

    assertEquals(List.of(), kernel.writes());
    assertTrue(kernel.text().contains(ROUTE), kernel.text());
    assertEquals(Set.of(Wire.DIRECT), status().receives());
    assertTrue(
        healthText().contains("asking it fails: java.lang.IllegalStateException: no socket"),
        this::healthText);
  }

  @Test
  void aDaemonThatDoesNotAnswerIsNotReadyAndHoldsNobodyUp() {
    agent.holdPlans(true);
    start();

    assertTrue(
        healthText().contains("planning by vendor takes longer than 2000 ms"), this::healthText);

    agent.holdPlans(false);
    agent.pass(Duration.ofSeconds(1));
    assertTrue(healthText().contains("tun0 is not there"), this::healthText);
  }

  /** What stands against keeping the bundle, when it takes over from another. */
  private Optional<String> fault() {
    CompletionStage<List<ModeState>> modes = coordinator.modes();
    agent.runAll();
    return modes.toCompletableFuture().join().get(0).fault();
  }

  private void serve() {
    mode.readiness = new ModeDaemon.Readiness(true, "");
    kernel.putInterface(
        new Interface(3, "tun0", "tun", "", Optional.empty(), 1472, true, List.of()));
  }

  private NodeModeStatus.Pool status() throws Exception {
    Key key = Key.of(NodeModeStatus.KIND, "n1");
    return NodeModeStatus.parse(store.get(key).orElseThrow().json()).pools().get("pool");
  }

  private String healthText() {
    return coordinator.latest().health().stream()
        .map(h -> h.name() + " " + h.status() + " " + h.detail())
        .collect(Collectors.joining("\n"));
  }

  private void start() {
    coordinator.bindMode(1, mode, mode.info(), new ModeProvider(1, "vendor"));
    coordinator.bindStore(store);
    coordinator.bindDataplane(kernel);
    agent.pass(Duration.ofSeconds(5));
  }

  private Coordinator coordinator() {
    AgentSettings settings =
        new AgentSettings(
            "n1",
            Map.of(
                IpFamily.IPV4, DetectionMethod.parse("first-found"),
                IpFamily.IPV6, DetectionMethod.parse("first-found")),
            List.of(),
            Duration.ofSeconds(2));
    return new Coordinator(
        settings, agent, agent.io(), new TestLinkSettings(), agent::planThread, view -> {});
  }

  private void put(Resource resource) throws StoreException {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
  }
}
