// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Owner;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.core.plan.LocalObjects;
import io.margay.core.plan.Wanted;
import io.margay.core.view.Mirror;
import io.margay.ipam.BlockIpam;
import io.margay.testkit.FakeKernel;
import io.margay.testkit.FakeStore;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a node's tunnel addresses need, with the real address assignment, whose thread only runs
 * while the test waits for it.
 */
final class TunnelNode implements AutoCloseable {
  final ManualAgent agent = new ManualAgent();
  final FakeStore store = new FakeStore(Runnable::run);
  final FakeKernel kernel = new FakeKernel();
  final BlockIpam ipam = new BlockIpam(store, Clock.systemUTC());
  final Mirror mirror = new Mirror("n1");
  private final Modes modes = new Modes();
  Declarations declarations;
  TunnelKeeper keeper;

  TunnelNode() throws Exception {
    mirror
        .watches()
        .forEach((kind, filter) -> store.watch(kind, filter, e -> mirror.apply(kind, e)));
    put(Node.of("n1").withLabels(Map.of("rack", "1")));
    restart();
  }

  /** Another agent, over the same store and kernel. */
  void restart() {
    declarations = new Declarations(agent, agent.io(), () -> {});
    keeper = new TunnelKeeper("n1", agent, agent.io(), declarations, () -> {});
    keeper.bindStore(store);
    keeper.bindIpam(ipam);
    declarations.bind(kernel);
    keeper.bindDataplane(Optional.of(kernel));
  }

  @Override
  public void close() {
    ipam.close();
  }

  void addMode(String name, Set<IpFamily> tunnels) {
    TestMode mode = new TestMode(name);
    mode.tunnels = tunnels;
    modes.add(
        modes.all().size(),
        new ModePlanner(
            mode,
            mode.info(),
            new ModeProvider(0, "test"),
            agent,
            agent.planThread(name),
            Duration.ofSeconds(2),
            () -> {}));
  }

  /** As the coordinator does. */
  void reconcile() {
    agent.runAll();
    declarations.set(Owner.LOCAL, LocalObjects.of(mirror.view()), new Cause("test"));
    Map<String, List<String>> inUse =
        Wanted.of(mirror.view(), Map.of(), m -> modes.active(m).isPresent(), Map.of()).byMode();
    keeper.want(mirror.view(), modes.infos(), inUse);
    if (declarations.isClosed()) {
      declarations.open();
    }
    agent.runAll();
  }

  void put(Resource resource) throws StoreException {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
  }

  Node node() throws Exception {
    return Node.parse(store.get(Key.of(Node.KIND, "n1")).orElseThrow().json());
  }

  /** Who holds an address; empty when nobody does. */
  Optional<Allocation> holder(InetAddress address) throws Exception {
    for (Entry entry : store.list(IpamBlock.KIND).entries()) {
      IpamBlock block = IpamBlock.parse(entry.json());
      if (block.cidr().contains(address)) {
        return block.holder(address);
      }
    }
    throw new AssertionError(Ip.text(address) + " is in no block");
  }

  /** Number of addresses assigned to anybody. */
  int held() throws Exception {
    int sum = 0;
    for (Entry entry : store.list(IpamBlock.KIND).entries()) {
      sum += IpamBlock.parse(entry.json()).allocations().size();
    }
    return sum;
  }

  /** Of the latest write of a Node or a block. */
  long revision() throws Exception {
    return Math.max(
        store.list(Node.KIND).revision().number(), store.list(IpamBlock.KIND).revision().number());
  }
}
