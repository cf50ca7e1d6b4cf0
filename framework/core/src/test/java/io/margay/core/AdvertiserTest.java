// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.mode.LocalNode;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.api.resource.Node;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.core.view.Mirror;
import io.margay.testkit.FakeStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdvertiserTest {
  private static final LocalNode SELF =
      new LocalNode("n1", Map.of(), Map.of(), Map.of(), 1500, Map.of());

  private final ManualAgent agent = new ManualAgent();
  private final FakeStore store = new FakeStore(Runnable::run);
  private final Mirror mirror = new Mirror("n1");
  private final Advertiser advertiser = new Advertiser("n1", agent, agent.io(), () -> {});
  private final TestMode vxlan = new TestMode("vxlan");
  private final TestMode srv6 = new TestMode("srv6");
  private final List<ModePlanner> modes = List.of(planner(vxlan), planner(srv6));

  @BeforeEach
  void cluster() throws Exception {
    mirror
        .watches()
        .forEach((kind, filter) -> store.watch(kind, filter, e -> mirror.apply(kind, e)));
    put(Node.of("n1").withLabels(Map.of("rack", "1")));
    advertiser.bind(store);
  }

  @Test
  void writesCalicosFieldsAndAnnotationsForTheRest() throws Exception {
    vxlan.advertised = Map.of("mac/IPV4", "66:f9:37:c3:7e:94", "udp", "zero");
    srv6.advertised = Map.of("sid", "fd00::1");

    advertise();

    assertEquals(
        Optional.of(MacAddress.parse("66:f9:37:c3:7e:94")),
        node().vxlanTunnelMacAddr(IpFamily.IPV4));
    assertEquals(
        Map.of(
            "margay.io/advertise.srv6",
            "{\"sid\":\"fd00::1\"}",
            "margay.io/advertise.vxlan",
            "{\"udp\":\"zero\"}"),
        node().metadata().annotations());
    assertEquals(
        Map.of("vxlan", vxlan.advertised, "srv6", srv6.advertised),
        mirror.view().own().orElseThrow().advertised());
    assertEquals(Map.of("rack", "1"), node().metadata().labels());
  }

  @Test
  void asksAgainOnlyWhenTheNodeHasChanged() throws Exception {
    srv6.advertised = Map.of("sid", "fd00::1");
    advertise();
    srv6.advertised = Map.of("sid", "fd00::2");

    advertise();
    assertEquals("fd00::1", advertised("srv6").get("sid"));

    advertiser.advertise(
        mirror.view(), new LocalNode("n1", Map.of(), Map.of(), Map.of(), 9000, Map.of()), modes);
    agent.runAll();
    assertEquals("fd00::2", advertised("srv6").get("sid"));
  }

  @Test
  void keepsWhatAModeSaidThatIsAway() throws Exception {
    srv6.advertised = Map.of("sid", "fd00::1");
    advertise();

    advertiser.advertise(mirror.view(), SELF, List.of(modes.get(0)));
    agent.runAll();

    assertEquals("fd00::1", advertised("srv6").get("sid"));
  }

  @Test
  void givesEachModeWhatTheNodeSaysToIt() throws Exception {
    put(Node.of("n1").withAnnotation("margay.io/srv6.sids", Optional.of("2001:db8:5::/64")));

    advertise();

    assertEquals(Map.of("sids", "2001:db8:5::/64"), srv6.lastSelf.settings());
    assertEquals(Map.of(), vxlan.lastSelf.settings());
  }

  @Test
  void namesTheModeWhoseAnswerNoNodeCanHave() throws Exception {
    vxlan.advertised = Map.of("mac/IPV4", "none");
    srv6.advertised = Map.of("sid", "fd00::1");

    advertise();

    assertEquals("fd00::1", advertised("srv6").get("sid"));
    assertEquals(1, advertiser.faults().size());
    assertTrue(
        advertiser.faults().iterator().next().startsWith("mode vxlan: its advertisement cannot"),
        advertiser.faults().toString());
  }

  @Test
  void writesOnceTheStoreIsBack() throws Exception {
    srv6.advertised = Map.of("sid", "fd00::1");
    store.lose("no route to the store");
    advertise();
    assertEquals(1, advertiser.faults().size());

    store.restore();
    agent.pass(Duration.ofSeconds(2));

    assertEquals("fd00::1", advertised("srv6").get("sid"));
    assertTrue(advertiser.faults().isEmpty());
  }

  @Test
  void leavesANodeOutThatCannotBeRead() throws Exception {
    put(Node.of("n2").withAnnotation("margay.io/advertise.srv6", Optional.of("[]")));

    assertEquals(
        "Node/n2: metadata.annotations.margay.io/advertise.srv6: [] (expected: a JSON object of"
            + " texts)",
        mirror.faults().get("Node/n2"));
  }

  private void advertise() {
    advertiser.advertise(mirror.view(), SELF, modes);
    agent.runAll();
  }

  private Map<String, String> advertised(String mode) {
    return mirror.view().own().orElseThrow().advertised().get(mode);
  }

  private ModePlanner planner(TestMode mode) {
    return new ModePlanner(
        mode,
        mode.info(),
        new ModeProvider(0, "test"),
        agent,
        agent.planThread(mode.info().name()),
        Duration.ofSeconds(2),
        () -> {});
  }

  private void put(Node node) throws Exception {
    store.put(node.key(), node.toJson(), Expected.ANY);
  }

  private Node node() throws Exception {
    return Node.parse(store.get(Key.of(Node.KIND, "n1")).orElseThrow().json());
  }
}
