// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.mode.Variant;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.Encapsulation;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.core.view.PoolEntry.Unconfirmed;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes out of resources what planners need. */
public final class Readers {
  private static final Logger LOG = LoggerFactory.getLogger(Readers.class);

  private Readers() {}

  /** A node; an annotation of ours that cannot be read makes all of it unusable. */
  public static NodeEntry node(Node node) throws InvalidResourceException {
    Map<IpFamily, InterfaceAddress> addresses = new EnumMap<>(IpFamily.class);
    for (IpFamily family : IpFamily.values()) {
      node.address(family).ifPresent(a -> addresses.put(family, a));
    }
    return new NodeEntry(
        node.name(),
        addresses,
        TunnelFields.addresses(node),
        TunnelFields.parked(node),
        AdvertisedFields.of(node),
        ModeSettings.of(node),
        node.metadata().labels());
  }

  public static PoolEntry pool(IpPool pool) {
    boolean isEnabled =
        !pool.disabled()
            && !pool.metadata().isBeingDeleted()
            && !pool.allocatable().equals(Optional.of(false));
    return new PoolEntry(
        pool.name(),
        pool.cidr(),
        mode(pool),
        isEnabled,
        pool.natOutgoing(),
        pool.allowedUses().equals(Set.of(IpPool.AllowedUse.LOAD_BALANCER)),
        Optional.of(pool.nodeSelector())
            .filter(s -> pool.allowedUses().contains(IpPool.AllowedUse.TUNNEL)),
        unconfirmed(pool),
        pool.routesFrom(),
        pool.retireWithout());
  }

  /** Annotations that cannot be read ask for nothing: a pool is not reverted by a typing error. */
  private static Optional<Unconfirmed> unconfirmed(IpPool pool) {
    Optional<String> until = pool.metadata().annotation(IpPool.CONFIRM_ANNOTATION);
    Optional<String> previous = pool.metadata().annotation(IpPool.PREVIOUS_MODE_ANNOTATION);
    if (until.isEmpty() || previous.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Unconfirmed(Instant.parse(until.get()), PoolMode.parse(previous.get())));
    } catch (DateTimeParseException | IllegalArgumentException e) {
      LOG.warn("Pool is not reverted by itself pool={} reason={}", pool.name(), e.getMessage());
      return Optional.empty();
    }
  }

  /** The mode that a pool asks for: Calico's two fields first, then a vendor's annotation. */
  public static PoolMode mode(IpPool pool) {
    if (pool.ipipMode() != Encapsulation.NEVER) {
      return new PoolMode("ipip", variant(pool.ipipMode()));
    }
    if (pool.vxlanMode() != Encapsulation.NEVER) {
      return new PoolMode("vxlan", variant(pool.vxlanMode()));
    }
    return pool.vendorMode().map(PoolMode::parse).orElse(PoolMode.DIRECT);
  }

  public static Optional<BlockEntry> block(IpamBlock block) {
    return block.deleted()
        ? Optional.empty()
        : Optional.of(new BlockEntry(block.cidr(), block.owner(), block.borrowed()));
  }

  /** The block that this node has claimed or is about to; empty for other nodes and for leaving. */
  public static Optional<Cidr> claim(String self, BlockAffinity affinity) {
    boolean ours =
        affinity.type() == BlockAffinity.Type.HOST
            && affinity.node().equals(self)
            && affinity.state() != BlockAffinity.State.PENDING_DELETION
            && !affinity.deleted();
    return ours ? Optional.of(affinity.cidr()) : Optional.empty();
  }

  /** An endpoint of this node; empty for those of others. */
  public static Optional<EndpointEntry> endpoint(String self, WorkloadEndpoint endpoint) {
    return endpoint.node().equals(self)
        ? Optional.of(endpoint(endpoint, endpoint.handle()))
        : Optional.empty();
  }

  /** An endpoint whose handle is known. */
  public static EndpointEntry endpoint(WorkloadEndpoint endpoint, String handle) {
    return new EndpointEntry(
        handle,
        endpoint.interfaceName(),
        endpoint.mac(),
        endpoint.ipNetworks().stream().map(Cidr::network).toList(),
        outermost(endpoint.allowSpoofedSourcePrefixes()),
        endpoint.receiveRate(),
        podEnd(endpoint),
        endpoint
            .pod()
            .or(endpoint::containerId)
            .map(name -> endpoint.metadata().namespace() + "/" + name));
  }

  /** As the CNI server wrote it; an MTU there is one that the network configuration asks for. */
  private static Optional<EndpointEntry.PodEnd> podEnd(WorkloadEndpoint endpoint) {
    return endpoint.metadata().annotation("margay.io/mtu").isPresent()
        ? Optional.empty()
        : endpoint
            .metadata()
            .annotation("margay.io/netns")
            .map(path -> new EndpointEntry.PodEnd(Path.of(path), endpoint.endpoint()));
  }

  /** Those that are within no other: the kernel refuses prefixes that overlap. */
  private static List<Cidr> outermost(List<Cidr> prefixes) {
    return prefixes.stream()
        .distinct()
        .filter(p -> prefixes.stream().noneMatch(o -> !o.equals(p) && o.contains(p)))
        .toList();
  }

  private static Variant variant(Encapsulation encapsulation) {
    return encapsulation == Encapsulation.CROSS_SUBNET ? Variant.CROSS_SUBNET : Variant.ALWAYS;
  }
}
