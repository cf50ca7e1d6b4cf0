// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.PoolRules;
import io.margay.api.store.Store;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code pool:disable}. */
@Component
public final class PoolDisable implements Command {
  private record Disabled(String pool, long addressesInUse) {}

  private final Store store;

  @Activate
  public PoolDisable(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "pool", "disable", "give out no more addresses of a pool; pods keep theirs")
        .operating()
        .withArgument("name", "name of the pool")
        .withExample("pool:disable blue");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("name") ? PoolChange.names(store) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    IpPool[] found = new IpPool[1];
    new PoolChange(store)
        .change(
            name,
            before -> {
              found[0] = before;
              return before.withDisabled(true);
            });
    StoredResources resources = new StoredResources(store, output);
    long inUse =
        PoolRules.addressesInUse(found[0], resources.values(IpamBlock.KIND, IpamBlock::parse));
    output.result(
        "pool "
            + name
            + (found[0].disabled() ? " is disabled already" : " disabled")
            + (inUse == 0 ? "" : "; " + Holders.addresses(inUse) + " in use stay and are routed"),
        new Disabled(name, inUse));
    IpFamily family = found[0].cidr().family();
    boolean isLast =
        resources.values(IpPool.KIND, IpPool::parse).stream()
            .noneMatch(pool -> pool.cidr().family() == family && !pool.disabled());
    if (isLast) {
      output.message(
          "no pool of "
              + (family == IpFamily.IPV4 ? "IPv4" : "IPv6")
              + " is enabled any more: new pods get no such address");
    }
  }
}
