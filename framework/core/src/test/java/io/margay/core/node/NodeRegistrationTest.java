// SPDX-License-Identifier: Apache-2.0
package io.margay.core.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.ClusterInformation;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.testkit.FakeStore;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NodeRegistrationTest {
  private static final Map<IpFamily, InterfaceAddress> DUAL =
      Map.of(
          IpFamily.IPV4, InterfaceAddress.parse("192.0.2.1/24"),
          IpFamily.IPV6, InterfaceAddress.parse("2001:db8::1/64"));
  private static final Key NODE = Key.of(Node.KIND, "n1");
  private static final Key POOL4 = Key.of(IpPool.KIND, NodeRegistration.POOL_V4);
  private static final Key POOL6 = Key.of(IpPool.KIND, NodeRegistration.POOL_V6);

  private final FakeStore store = new FakeStore(Runnable::run);

  @Test
  void writesNodeInformationAndPools() throws Exception {
    register(DUAL, List.of());

    Node node = Node.parse(json(NODE));
    assertEquals("192.0.2.1/24", node.ipv4Address().orElseThrow().toString());
    assertEquals("2001:db8::1/64", node.ipv6Address().orElseThrow().toString());
    assertEquals(Cidr.parse("192.168.0.0/16"), IpPool.parse(json(POOL4)).cidr());
    Cidr six = IpPool.parse(json(POOL6)).cidr();
    assertEquals(48, six.length());
    assertTrue(six.toString().startsWith("fd"), six.toString());
    assertEquals(
        Optional.of(true),
        ClusterInformation.parse(json(Key.of(ClusterInformation.KIND, "default")))
            .datastoreReady());
  }

  @Test
  void writesNothingTheSecondTime() throws Exception {
    register(DUAL, List.of());
    List<Revision> before = revisions();

    register(DUAL, List.of());

    assertEquals(before, revisions());
  }

  @Test
  void takesAPoolThatCollidesWithNoInterface() throws Exception {
    Address lan = Address.of("eth0", Ip.parse("192.168.7.1"), 24);
    Interface eth0 = new Interface(2, "eth0", "", "", Optional.empty(), 1500, true, List.of(lan));

    register(DUAL, List.of(eth0));

    assertEquals(Cidr.parse("10.244.0.0/16"), IpPool.parse(json(POOL4)).cidr());
  }

  @Test
  void makesNoPoolBesideAnother() throws Exception {
    IpPool own = IpPool.of("mine", Cidr.parse("10.65.0.0/16"));
    store.put(own.key(), own.toJson(), Expected.ABSENT);
    register(DUAL, List.of());
    store.delete(own.key(), Expected.ANY);

    register(DUAL, List.of());

    assertTrue(store.list(IpPool.KIND).entries().isEmpty(), "the admin deleted the last pool");
  }

  @Test
  void keepsAnAddressThatWasNotLookedFor() throws Exception {
    register(DUAL, List.of());

    register(Map.of(IpFamily.IPV4, InterfaceAddress.parse("192.0.2.7/24")), List.of());

    Node node = Node.parse(json(NODE));
    assertEquals("192.0.2.7/24", node.ipv4Address().orElseThrow().toString());
    assertEquals("2001:db8::1/64", node.ipv6Address().orElseThrow().toString());
  }

  @Test
  void keepsWhatSomebodyWritesMeanwhile() throws Exception {
    register(DUAL, List.of());
    Node labelled = Node.parse(json(NODE)).withLabels(Map.of("rack", "7"));
    store.beforeNextWrite(writes -> put(labelled));

    register(Map.of(IpFamily.IPV4, InterfaceAddress.parse("192.0.2.7/24")), List.of());

    Node node = Node.parse(json(NODE));
    assertEquals(Map.of("rack", "7"), node.metadata().labels());
    assertEquals("192.0.2.7/24", node.ipv4Address().orElseThrow().toString());
  }

  @Test
  void doesNotOverwriteANodeThatItCannotRead() throws Exception {
    byte[] bad = "{\"kind\":\"Node\"}".getBytes(StandardCharsets.UTF_8);
    store.put(NODE, bad, Expected.ABSENT);

    assertThrows(InvalidResourceException.class, () -> register(DUAL, List.of()));

    assertEquals(
        new String(bad, StandardCharsets.UTF_8), new String(json(NODE), StandardCharsets.UTF_8));
  }

  private void register(Map<IpFamily, InterfaceAddress> addresses, List<Interface> links)
      throws Exception {
    new NodeRegistration(
            store, "n1", List.of(Cidr.parse("192.168.0.0/16"), Cidr.parse("10.244.0.0/16")))
        .register(addresses, links);
  }

  private void put(Node node) {
    try {
      store.put(node.key(), node.toJson(), Expected.ANY);
    } catch (io.margay.api.store.StoreException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] json(Key key) throws Exception {
    return store.get(key).map(Entry::json).orElseThrow();
  }

  private List<Revision> revisions() throws Exception {
    return List.of(
        store.list(Node.KIND).revision(),
        store.list(IpPool.KIND).revision(),
        store.list(ClusterInformation.KIND).revision());
  }
}
