// SPDX-License-Identifier: Apache-2.0
package io.margay.bench;

import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.Resource;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Outcome;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watcher;
import io.margay.api.store.Write;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What 250 agents say in the store while one real agent is measured: nodes, four blocks each, and
 * for every revision of the pool that they receive by all wires. Their kernels are one namespace,
 * which has all their addresses and answers the real agent's probes.
 *
 * <p>Framework properties: {@code margay.bench.uplinks}, the nodes' subnet, a /24, of which .2 to
 * .251 are theirs; {@code margay.bench.ready}, a file to write when all is in the store.
 */
@Component(service = SimulatedNodes.class, immediate = true)
public final class SimulatedNodes {
  private static final Logger LOG = LoggerFactory.getLogger(SimulatedNodes.class);
  private static final int NODES = 250;
  private static final int BLOCKS_PER_NODE = 4;
  private static final String POOL = "bench";
  private static final Cidr ADDRESSES = Cidr.parse("10.77.0.0/16");
  private static final int BLOCK_LENGTH = 26;
  private static final Set<Wire> WIRES = Set.of(Wire.DIRECT, new Wire("vxlan/4096/4789"));

  /** Every peer is known to them. */
  private static final Revision ALL = new Revision(Long.MAX_VALUE);

  private final Store store;
  private final ExecutorService writer = Executors.newSingleThreadExecutor();

  /** Writes what nodes have from the start, then follows the pool. */
  @Activate
  public SimulatedNodes(@Reference Store store, BundleContext context) {
    this.store = store;
    if (context.getProperty("margay.bench.uplinks") == null) {
      return; // This agent is for another bench.
    }
    Cidr uplinks = Cidr.parse(context.getProperty("margay.bench.uplinks"));
    Path ready = Path.of(context.getProperty("margay.bench.ready"));
    writer.execute(() -> start(uplinks, ready));
  }

  /** Ends with the process. */
  @Deactivate
  public void stop() {
    writer.shutdownNow();
  }

  private void start(Cidr uplinks, Path ready) {
    List<Resource> documents = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      addNode(i, uplinks, documents);
    }
    write(documents);
    store.watch(IpPool.KIND, Filter.ALL, this::poolEvent);
    try {
      Files.createFile(ready);
    } catch (IOException e) {
      LOG.error("Cannot say that all is written", e);
    }
  }

  private static void addNode(int i, Cidr uplinks, List<Resource> documents) {
    String name = name(i);
    InetAddress tunnel = block(i, 0).address(0);
    byte[] mac = {0x66, 0, 0, 0, 0, (byte) i};
    documents.add(
        Node.of(name)
            .withAddress(
                IpFamily.IPV4,
                Optional.of(new InterfaceAddress(uplinks.address(i + 2), uplinks.length())))
            .withVxlanTunnelAddr(IpFamily.IPV4, Optional.of(tunnel))
            .withVxlanTunnelMacAddr(IpFamily.IPV4, Optional.of(MacAddress.of(mac))));
    for (int b = 0; b < BLOCKS_PER_NODE; b++) {
      Cidr block = block(i, b);
      documents.add(IpamBlock.claimedBy(name, block, Instant.now()));
      documents.add(BlockAffinity.of(name, block, BlockAffinity.State.CONFIRMED));
    }
  }

  private static String name(int i) {
    return "simulated" + i;
  }

  private static Cidr block(int node, int number) {
    long first = (node * BLOCKS_PER_NODE + number) * (1L << 32 - BLOCK_LENGTH);
    return new Cidr(Ip.plus(ADDRESSES.network(), first), BLOCK_LENGTH);
  }

  private void poolEvent(Watcher.Event event) {
    if (event instanceof Watcher.Put put) {
      follow(put.entry());
    } else if (event instanceof Watcher.Reset reset) {
      reset.listing().entries().forEach(this::follow);
    }
  }

  private void follow(Entry pool) {
    if (pool.key().name().equals(POOL)) {
      writer.execute(() -> writeStatuses(pool.revision()));
    }
  }

  private void writeStatuses(Revision pool) {
    NodeModeStatus.Pool says = new NodeModeStatus.Pool(pool, ALL, WIRES, WIRES, List.of());
    List<Resource> documents = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      documents.add(NodeModeStatus.of(name(i), Map.of(POOL, says)));
    }
    write(documents);
  }

  private void write(List<Resource> documents) {
    List<Write> writes =
        documents.stream().map(d -> Write.put(d.key(), d.toJson(), Expected.ANY)).toList();
    try {
      List<Outcome> outcomes = store.write(writes);
      if (outcomes.size() < writes.size()) {
        LOG.error("Written only {} of {} documents", outcomes.size(), writes.size());
      }
    } catch (StoreException e) {
      LOG.error("Cannot write", e);
    }
  }
}
