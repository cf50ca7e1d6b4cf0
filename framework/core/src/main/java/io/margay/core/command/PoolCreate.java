// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.mode.RoutingMode;
import io.margay.api.net.Cidr;
import io.margay.api.resource.IpPool;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Expected;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.view.OperatorStore;
import io.margay.core.view.PoolMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code pool:create}. */
@Component
public final class PoolCreate implements Command {
  private record Created(String pool, Cidr cidr, int blockSize, PoolMode mode) {}

  private final Store store;
  private final ProvidedModes modes;

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<RoutingMode> services = List.of();

  @Activate
  public PoolCreate(@Reference Store store) {
    this.store = new OperatorStore(store);
    this.modes = new ProvidedModes(() -> services);
  }

  PoolCreate(Store store, List<RoutingMode> modes) {
    this.store = new OperatorStore(store);
    this.modes = new ProvidedModes(() -> modes);
  }

  @Override
  public CommandSpec spec() {
    return PoolOptions.describe(
            CommandSpec.of("pool", "create", "create a pool of pod addresses")
                .changing()
                .withArgument("name", "name of the pool")
                .withOption("cidr", "CIDR", "its addresses, such as 10.65.0.0/16")
                .withOption(
                    "block-size", "BITS", "prefix length of a node's block (26, or 122 for IPv6)")
                .withOption(
                    "mode",
                    "MODE",
                    "direct (default), ipip, vxlan or another; /CrossSubnet may follow"))
        .withFlag("nat-outgoing", "hide pods behind their node towards addresses in no pool")
        .withFlag("disabled", "give no addresses out of it yet")
        .withExample("pool:create blue --cidr 10.65.0.0/16")
        .withExample("pool:create six --cidr fd00:65::/48 --mode vxlan/CrossSubnet")
        .withExample(
            "pool:create shop --cidr 10.66.0.0/16 --namespace-selector 'team == \"shop\"'");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("mode") ? modes.names() : PoolOptions.complete(name);
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    PoolMode mode = mode(invocation);
    if (!invocation.has("disabled")) {
      modes.require(mode, "--mode", "; or --disabled, to prepare the pool");
    }
    IpPool pool = pool(invocation, mode);
    PoolOptions.require(pool, Optional.empty(), new StoredResources(store, output));
    try {
      store.put(pool.key(), pool.toJson(), Expected.ABSENT);
    } catch (ConflictException e) {
      throw new CommandException("pool " + pool.name() + " exists already", e);
    } catch (StoreException e) {
      throw new CommandException("pool " + pool.name() + ": " + e.getMessage(), e);
    }
    output.result(
        "pool " + pool.name() + " created: " + pool.cidr() + ", mode " + mode,
        new Created(pool.name(), pool.cidr(), pool.blockSize(), mode));
  }

  private static PoolMode mode(Invocation invocation) throws CommandException {
    try {
      return invocation.value("mode").map(PoolMode::parse).orElse(PoolMode.DIRECT);
    } catch (IllegalArgumentException e) {
      throw new CommandException("--" + e.getMessage(), e);
    }
  }

  private static IpPool pool(Invocation invocation, PoolMode mode) throws CommandException {
    String cidr =
        invocation
            .value("cidr")
            .orElseThrow(() -> new CommandException("--cidr: missing (expected: 10.65.0.0/16)"));
    String name = invocation.argument("name");
    Optional<String> blockSize = invocation.value("block-size");
    try {
      IpPool plain =
          blockSize.isPresent()
              ? IpPool.of(name, Cidr.parse(cidr), bits(blockSize.get()))
              : IpPool.of(name, Cidr.parse(cidr));
      Map<String, Object> fields = PoolOptions.given(invocation);
      if (!fields.getOrDefault("namespaceSelector", "").equals("")) {
        // Tunnels are in no namespace.
        fields.putIfAbsent("allowedUses", List.of("Workload"));
      }
      return mode.applyTo(plain)
          .withSpec(fields)
          .withNatOutgoing(invocation.has("nat-outgoing"))
          .withDisabled(invocation.has("disabled"));
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  private static int bits(String text) {
    if (!text.matches("\\d{1,3}")) {
      throw new IllegalArgumentException(
          "--block-size: " + text + " (expected: a prefix length such as 26)");
    }
    return Integer.parseInt(text);
  }
}
