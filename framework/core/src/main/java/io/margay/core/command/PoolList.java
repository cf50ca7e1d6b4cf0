// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.net.Cidr;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.PoolRules;
import io.margay.api.store.Store;
import io.margay.core.view.PoolMode;
import io.margay.core.view.Readers;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code pool:list}. */
@Component
public final class PoolList implements Command {
  private record Row(
      String pool,
      Cidr cidr,
      PoolMode mode,
      int blockSize,
      long blocks,
      long inUse,
      boolean natOutgoing,
      String nodeSelector,
      String state) {}

  private final Store store;

  @Activate
  public PoolList(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("pool", "list", "list the pools with their mode and use")
        .withRows(Row.class)
        .withExample("pool:list");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    StoredResources resources = new StoredResources(store, output);
    List<IpamBlock> blocks = resources.values(IpamBlock.KIND, IpamBlock::parse);
    for (IpPool pool : resources.values(IpPool.KIND, IpPool::parse)) {
      output.row(
          new Row(
              pool.name(),
              pool.cidr(),
              Readers.mode(pool),
              pool.blockSize(),
              blocks.stream().filter(b -> pool.cidr().contains(b.cidr())).count(),
              PoolRules.addressesInUse(pool, blocks),
              pool.natOutgoing(),
              pool.nodeSelector().toString(),
              pool.disabled() ? "disabled" : "enabled"));
    }
  }
}
