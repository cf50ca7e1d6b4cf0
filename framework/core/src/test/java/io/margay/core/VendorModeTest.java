// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool of a vendor's mode, whose standing objects are routes. */
class VendorModeTest {
  private static final Cidr PEER_BLOCK = Cidr.parse("10.65.0.64/26");
  private static final Wire WIRE = new Wire("srv6");

  private final ManualAgent agent = new ManualAgent();
  private final FakeStore store = new FakeStore(Runnable::run);
  private final TestMode mode = new TestMode("srv6");
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
            .withAnnotation(IpPool.MODE_ANNOTATION, Optional.of("srv6")));
    put(IpamBlock.claimedBy("n2", PEER_BLOCK, Instant.EPOCH));
    mode.receives.add(WIRE);
    mode.standing.add(
        Route.of(Cidr.parse("5f00:2::4/128"), NextHop.via(Ip.parse("2001:db8::2"), "eth0")));
    mode.standing.add(
        Route.of(Cidr.parse("5f00:1::4/128"), Route.Type.LOCAL, List.of(NextHop.dev("eth0")))
            .withEncap(new Route.Encap(7, List.of(Attribute.u32(1, 6)))));
    coordinator = coordinator();
  }

  @Test
  void takesWhatAModeHasStandingForNothingThatWasLearned() {
    coordinator.bindSharing(7, new TestSharing());
    start();
    kernel.clearWrites();

    kernel = kernel.restarted();
    coordinator = coordinator();
    coordinator.bindSharing(7, new TestSharing());
    start();

    assertEquals(List.of(), kernel.writes());
  }

  @Test
  void receivesNothingWithoutTheRouteThatTakesPacketsIn() throws Exception {
    kernel.refuse(o -> o instanceof Route r && r.type() == Route.Type.LOCAL, "EOPNOTSUPP");

    start();
    assertEquals(Set.of(Wire.DIRECT), status().receives());

    kernel.allow();
    agent.pass(Duration.ofSeconds(5));
    assertEquals(Set.of(Wire.DIRECT, WIRE), status().receives());
  }

  @Test
  void receivesAlsoWhenAPeerCannotBeSentTo() throws Exception {
    kernel.refuse(
        o -> o instanceof Route r && r.destination().equals(Cidr.parse("5f00:2::4/128")),
        "EHOSTUNREACH");

    start();

    assertEquals(Set.of(Wire.DIRECT, WIRE), status().receives());
  }

  private NodeModeStatus.Pool status() throws Exception {
    Key key = Key.of(NodeModeStatus.KIND, "n1");
    return NodeModeStatus.parse(store.get(key).orElseThrow().json()).pools().get("pool");
  }

  private void start() {
    Grant grant = Grant.parse("vendor", "route;encap=\"7\"");
    coordinator.bindMode(1, mode, mode.info(), new ModeProvider(1, "vendor", grant));
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
