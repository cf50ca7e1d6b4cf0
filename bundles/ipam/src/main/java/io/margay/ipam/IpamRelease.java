// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.Ip;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ipam:release}: takes addresses back by hand. */
@Component
public final class IpamRelease implements Command {
  private static final String ADDRESS = "address";
  private static final String HANDLE = "handle";
  private static final String FORCE = "force";

  private record Released(String handle, List<String> addresses) {}

  private final Store store;
  private final BlockIpam ipam;
  private final AddressKeeper keeper;

  @Activate
  public IpamRelease(
      @Reference Store store, @Reference BlockIpam ipam, @Reference AddressKeeper keeper) {
    this.store = store;
    this.ipam = ipam;
    this.keeper = keeper;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("ipam", "release", "take back an address, or all that a handle holds")
        .operating()
        .withOptionalArgument(ADDRESS, "the address")
        .withOption(HANDLE, "HANDLE", "who holds the addresses, instead of an address")
        .withFlag(FORCE, "also when a pod or a node uses them")
        .withExample("ipam:release 10.65.0.3")
        .withExample("ipam:release --handle k8s-pod-network.0f3a");
  }

  @Override
  public List<String> complete(String name) {
    try {
      return name.equals(HANDLE)
          ? store.list(IpamHandle.KIND).entries().stream().map(e -> e.key().name()).toList()
          : List.of();
    } catch (StoreException e) {
      return List.of(); // Nothing to offer; the command itself will say why.
    }
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<String> address = invocation.value(ADDRESS);
    Optional<String> handle = invocation.value(HANDLE);
    if (address.isPresent() == handle.isPresent()) {
      throw new CommandException("expected: either an address or --handle");
    }
    try {
      Holding holding = address.isPresent() ? ofAddress(address.get()) : ofHandle(handle.get());
      if (!invocation.has(FORCE)) {
        checkUnused(holding);
      }
      int released =
          ipam.release(
              holding.handle(),
              new ReleaseJob.AsGiven(holding.sequences()),
              holding.blocks(),
              List.of());
      if (released == 0) {
        throw new CommandException(holding.object() + ": given anew meanwhile; try again");
      }
      List<String> texts = holding.sequences().keySet().stream().map(Ip::text).toList();
      output.result(
          "released: " + holding.object() + ", of " + holding.who(),
          new Released(holding.handle(), texts));
    } catch (StoreException | IpamException e) {
      throw new CommandException("ipam:release: " + e.getMessage(), e);
    }
  }

  private Holding ofAddress(String text) throws CommandException, StoreException {
    InetAddress address;
    try {
      address = Ip.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    }
    for (IpamBlock block : blocks()) {
      Optional<Allocation> holder =
          block.cidr().contains(address) ? block.holder(address) : Optional.empty();
      if (holder.isPresent()) {
        String handle =
            holder
                .get()
                .handleId()
                .orElseThrow(() -> new CommandException("address " + text + " cools down"));
        return new Holding(
            handle,
            holder.get(),
            Map.of(address, block.sequenceOf(address)),
            Map.of(block.cidr(), 1));
      }
    }
    throw new CommandException("address " + text + " is held by nobody");
  }

  private Holding ofHandle(String handle) throws CommandException, StoreException {
    List<Held<IpamBlock>> held = new ArrayList<>();
    blocks().forEach(block -> held.add(new Held<>(block, Revision.NONE)));
    return Optional.ofNullable(Holding.of(held).get(handle))
        .orElseThrow(() -> new CommandException("handle " + handle + " holds no address"));
  }

  private List<IpamBlock> blocks() throws StoreException {
    return UsageReader.readAll(store, IpamBlock.KIND, IpamBlock::parse);
  }

  /** A pod with an endpoint, a link, or a node that names the address uses it. */
  private void checkUnused(Holding holding) throws CommandException, StoreException {
    Set<String> users =
        UsageReader.readAll(store, WorkloadEndpoint.KIND, WorkloadEndpoint::parse).stream()
            .filter(endpoint -> endpoint.handle().equals(holding.handle()))
            .map(endpoint -> endpoint.key().toString())
            .collect(Collectors.toSet());
    if (holding.isTunnel()) {
      users.add("node " + holding.node().orElse(holding.handle()));
    }
    Optional.ofNullable(keeper.links().orElse(Map.of()).get(holding.handle()))
        .ifPresent(link -> users.add("link " + link));
    if (!users.isEmpty()) {
      throw new CommandException(
          holding.object()
              + ": in use by "
              + String.join(", ", users)
              + "; delete it, or say --force");
    }
  }
}
