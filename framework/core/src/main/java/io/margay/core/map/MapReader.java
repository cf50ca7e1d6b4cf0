// SPDX-License-Identifier: Apache-2.0
package io.margay.core.map;

import io.margay.api.console.CommandException;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Json;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.core.command.StoredResources;
import io.margay.core.map.ClusterMap.NodeOf;
import io.margay.core.map.ClusterMap.PoolOf;
import io.margay.core.map.ClusterMap.SessionOf;
import io.margay.core.map.ClusterMap.ShareOf;
import io.margay.core.map.ClusterMap.State;
import io.margay.core.map.ClusterMap.WayOf;
import io.margay.core.view.PoolMode;
import io.margay.core.view.Readers;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Makes the map of the documents in the store, and of what the nodes answer. */
final class MapReader {
  private final List<Node> nodes;
  private final List<IpPool> pools;
  private final List<IpamBlock> blocks;
  private final List<WorkloadEndpoint> endpoints;
  private final Map<String, NodeModeStatus> statuses = new HashMap<>();

  MapReader(StoredResources resources) throws CommandException {
    nodes = new ArrayList<>(resources.values(Node.KIND, Node::parse));
    nodes.sort(Comparator.comparing(Node::name));
    pools = resources.values(IpPool.KIND, IpPool::parse);
    blocks =
        resources.values(IpamBlock.KIND, IpamBlock::parse).stream()
            .filter(b -> !b.deleted())
            .toList();
    endpoints = resources.values(WorkloadEndpoint.KIND, WorkloadEndpoint::parse);
    resources
        .values(NodeModeStatus.KIND, NodeModeStatus::parse)
        .forEach(s -> statuses.put(s.name(), s));
  }

  Set<String> nodeNames() {
    Set<String> names = new TreeSet<>();
    nodes.forEach(n -> names.add(n.name()));
    return names;
  }

  ClusterMap read(Map<String, NodeAnswer> answers, Instant when, String version) {
    return new ClusterMap(
        when,
        version,
        nodes.stream().map(n -> node(n, Optional.ofNullable(answers.get(n.name())))).toList(),
        pools.stream().map(this::pool).toList());
  }

  private NodeOf node(Node node, Optional<NodeAnswer> answer) {
    List<String> addresses = new ArrayList<>();
    for (IpFamily family : IpFamily.values()) {
      node.address(family).ifPresent(a -> addresses.add(a.toString()));
    }
    String detail =
        answer.map(a -> a.failure().orElse(text(a.answer(), "notReady"))).orElse("no answer");
    State state =
        answer.isEmpty() ? State.SILENT : detail.isEmpty() ? State.READY : State.NOT_READY;
    return new NodeOf(
        node.name(),
        addresses,
        subnet(node).map(Cidr::toString).orElse(""),
        state,
        detail,
        endpoints.stream().filter(e -> e.node().equals(node.name())).count(),
        answer.map(a -> sessions(a.answer())).orElse(List.of()));
  }

  private static Optional<Cidr> subnet(Node node) {
    return node.ipv4Address().or(node::ipv6Address).map(MapReader::subnet);
  }

  private static Cidr subnet(InterfaceAddress address) {
    return Cidr.containing(address.address(), address.prefixLength());
  }

  private static List<SessionOf> sessions(Map<String, Object> answer) {
    List<SessionOf> sessions = new ArrayList<>();
    if (answer.get("sessions") instanceof List<?> list) {
      for (Object item : list) {
        Map<String, Object> session = Json.asObject(item).orElse(Map.of());
        long as = session.get("as") instanceof Number number ? number.longValue() : 0;
        sessions.add(
            new SessionOf(
                text(session, "peer"), text(session, "address"), as, text(session, "state")));
      }
    }
    sessions.sort(Comparator.comparing(SessionOf::peer).thenComparing(SessionOf::address));
    return sessions;
  }

  private PoolOf pool(IpPool pool) {
    List<ShareOf> shares = nodes.stream().map(n -> share(pool, n)).toList();
    int bits = IpFamily.of(pool.cidr().network()) == IpFamily.IPV4 ? 32 : 128;
    return new PoolOf(
        pool.name(),
        pool.cidr().toString(),
        Readers.mode(pool).toString(),
        pool.disabled(),
        BigInteger.ONE.shiftLeft(bits - pool.cidr().length()).toString(),
        shares.stream().mapToLong(ShareOf::inUse).sum(),
        shares);
  }

  private ShareOf share(IpPool pool, Node node) {
    List<IpamBlock> own =
        blocks.stream()
            .filter(b -> pool.cidr().contains(b.cidr()))
            .filter(b -> b.owner().equals(Optional.of(node.name())))
            .toList();
    Set<Wire> sends = sends(pool, node.name());
    List<WayOf> ways =
        nodes.stream()
            .filter(other -> !other.name().equals(node.name()))
            .map(other -> new WayOf(other.name(), wire(pool, sends, node, other)))
            .toList();
    return new ShareOf(
        node.name(),
        own.size(),
        own.stream().mapToLong(MapReader::inUse).sum(),
        own.stream().mapToLong(IpamBlock::size).sum(),
        sends.stream().map(Wire::mode).distinct().sorted().toList(),
        ways);
  }

  private static long inUse(IpamBlock block) {
    return block.allocations().values().stream().filter(a -> a.releasedAt().isEmpty()).count();
  }

  private Set<Wire> sends(IpPool pool, String node) {
    NodeModeStatus status = statuses.get(node);
    NodeModeStatus.Pool said = status == null ? null : status.pools().get(pool.name());
    return said == null ? Set.of() : new TreeSet<>(said.sends());
  }

  /**
   * A node says by which wires it sends; to whom by which, the mode of the pool and subnets say.
   * One that sends by another than that is changing.
   */
  private static String wire(IpPool pool, Set<Wire> sends, Node from, Node to) {
    PoolMode mode = Readers.mode(pool);
    boolean isCross = mode.variant() == Variant.CROSS_SUBNET;
    IpFamily family = IpFamily.of(pool.cidr().network());
    String wanted = isCross && isNear(from, to, family) ? Wire.DIRECT.mode() : mode.name();
    Set<String> allowed = isCross ? Set.of(mode.name(), Wire.DIRECT.mode()) : Set.of(wanted);
    List<String> modes = sends.stream().map(Wire::mode).distinct().sorted().toList();
    boolean isSettled = modes.contains(wanted) && allowed.containsAll(modes);
    return modes.isEmpty() || isSettled ? wanted : String.join(" or ", modes);
  }

  private static boolean isNear(Node from, Node to, IpFamily family) {
    Optional<Cidr> subnet = from.address(family).map(MapReader::subnet);
    return subnet.isPresent() && subnet.equals(to.address(family).map(MapReader::subnet));
  }

  private static String text(Map<String, Object> map, String name) {
    return map.get(name) instanceof String text ? text : "";
  }
}
