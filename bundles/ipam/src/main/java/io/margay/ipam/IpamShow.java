// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.console.Share;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.Usage;
import io.margay.api.ipam.Usage.BlockUsage;
import io.margay.api.ipam.Usage.PoolUsage;
import io.margay.api.net.Cidr;
import io.margay.api.store.StoreException;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ipam:show}: how full pools and blocks are. */
@Component
public final class IpamShow implements Command {
  private static final String BLOCKS = "blocks";
  private static final String POOLS = "pools";
  private static final String NODE = "node";

  private final Ipam ipam;

  /** A line about a pool; with {@code --node}, about what the node has of it. */
  record PoolRow(
      String pool, Cidr cidr, int blocks, BigInteger addresses, long inUse, Share used) {}

  /** A line about a block. */
  record BlockRow(
      Cidr block,
      String pool,
      Optional<String> node,
      int addresses,
      int inUse,
      int free,
      Share used) {}

  @Activate
  public IpamShow(@Reference Ipam ipam) {
    this.ipam = ipam;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("ipam", "show", "show how full pools and blocks are")
        .withFlag(POOLS, "one line per pool (the default)")
        .withFlag(BLOCKS, "one line per block")
        .withOption(NODE, "NODE", "only blocks of this node")
        .withRows(PoolRow.class)
        .withExample("ipam:show")
        .withExample("ipam:show --blocks --node node1");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Usage usage;
    try {
      usage = ipam.usage();
    } catch (StoreException e) {
      throw new CommandException("usage of pools: " + e.getMessage(), e);
    }
    Optional<String> node = invocation.value(NODE);
    if (node.isPresent() && usage.pools().stream().noneMatch(pool -> isIn(pool, node.get()))) {
      throw new CommandException(
          "node "
              + node.get()
              + " has no block (expected: "
              + String.join(", ", nodes(usage))
              + ")");
    }
    boolean blocks = invocation.has(BLOCKS);
    if (!blocks || invocation.has(POOLS)) {
      usage.pools().forEach(pool -> output.row(row(pool, shown(pool, node), node.isPresent())));
    }
    if (blocks) {
      usage
          .pools()
          .forEach(pool -> shown(pool, node).forEach(block -> output.row(row(pool, block))));
    }
  }

  private static List<BlockUsage> shown(PoolUsage pool, Optional<String> node) {
    return pool.blocks().stream().filter(b -> node.isEmpty() || b.node().equals(node)).toList();
  }

  private static PoolRow row(PoolUsage pool, List<BlockUsage> blocks, boolean isPart) {
    BigInteger size =
        isPart
            ? BigInteger.valueOf(blocks.stream().mapToLong(BlockUsage::size).sum())
            : pool.size();
    long inUse = blocks.stream().mapToLong(BlockUsage::inUse).sum();
    return new PoolRow(
        pool.pool(), pool.cidr(), blocks.size(), size, inUse, Share.of(inUse, size.doubleValue()));
  }

  private static BlockRow row(PoolUsage pool, BlockUsage block) {
    return new BlockRow(
        block.block(),
        pool.pool(),
        block.node(),
        block.size(),
        block.inUse(),
        block.size() - block.inUse(),
        Share.of(block.inUse(), block.size()));
  }

  private static boolean isIn(PoolUsage pool, String node) {
    return pool.blocks().stream().anyMatch(block -> block.node().equals(Optional.of(node)));
  }

  private static List<String> nodes(Usage usage) {
    return usage.pools().stream()
        .flatMap(pool -> pool.blocks().stream())
        .flatMap(block -> block.node().stream())
        .distinct()
        .sorted()
        .toList();
  }

  @Override
  public List<String> complete(String name) {
    if (!name.equals(NODE)) {
      return List.of();
    }
    try {
      return nodes(ipam.usage());
    } catch (StoreException e) {
      return List.of(); // Nothing to offer; the command itself will say why.
    }
  }
}
