// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Settings;
import io.margay.api.net.Cidr;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpFilter;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.ClusterInformation;
import io.margay.api.resource.FelixConfiguration;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Filter;
import io.margay.api.store.Revision;
import io.margay.api.store.Watcher;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What this node knows of the store, kept by watches. Confined to the agent thread. */
public final class Mirror {
  /** A resource beside what planners need of it: route sharing is told all of it. */
  private record Whole<R, E>(R resource, E entry) {}

  /** A block that this node has, or is about to have. */
  private record Claim(Cidr cidr, boolean isConfirmed) {}

  private final String self;
  private final Documents<Whole<Node, NodeEntry>> nodes;
  private final Documents<Whole<IpPool, PoolEntry>> pools;
  private final Documents<BlockEntry> blocks;
  private final Documents<Claim> claims;
  private final Documents<BgpConfiguration> bgpConfigurations;
  private final Documents<BgpPeer> bgpPeers;
  private final Documents<BgpFilter> bgpFilters;
  private final Documents<FelixConfiguration> configurations;
  private final Documents<ClusterInformation> information;
  private final Documents<NodeModeStatus> statuses;
  private final Documents<EndpointEntry> endpointDocuments;
  private final LocalEndpoints endpoints;

  /**
   * An empty mirror.
   *
   * @param self name of this node
   */
  public Mirror(String self) {
    this.self = self;
    nodes = new Documents<>(Node.KIND, d -> Optional.of(node(Node.parse(d))));
    pools = new Documents<>(IpPool.KIND, d -> Optional.of(pool(IpPool.parse(d))));
    blocks = new Documents<>(IpamBlock.KIND, d -> Readers.block(IpamBlock.parse(d)));
    claims = new Documents<>(BlockAffinity.KIND, d -> claim(BlockAffinity.parse(d)));
    bgpConfigurations =
        new Documents<>(
            BgpConfiguration.KIND,
            d -> Optional.of(BgpConfiguration.parse(d)).filter(this::concernsUs));
    bgpPeers = new Documents<>(BgpPeer.KIND, d -> Optional.of(BgpPeer.parse(d)));
    bgpFilters = new Documents<>(BgpFilter.KIND, d -> Optional.of(BgpFilter.parse(d)));
    configurations =
        new Documents<>(
            FelixConfiguration.KIND,
            d -> Optional.of(FelixConfiguration.parse(d)).filter(this::concernsUs));
    information =
        new Documents<>(ClusterInformation.KIND, d -> Optional.of(ClusterInformation.parse(d)));
    statuses = new Documents<>(NodeModeStatus.KIND, d -> Optional.of(NodeModeStatus.parse(d)));
    endpointDocuments =
        new Documents<>(
            WorkloadEndpoint.KIND, d -> Readers.endpoint(self, WorkloadEndpoint.parse(d)));
    endpoints = new LocalEndpoints(endpointDocuments);
  }

  /** What to watch: of endpoints only our own, whose names start with the node's. */
  public Map<String, Filter> watches() {
    Map<String, Filter> watches = new TreeMap<>();
    all().forEach(d -> watches.put(d.kind(), Filter.ALL));
    watches.put(WorkloadEndpoint.KIND, new Filter(self.replace("-", "--") + "-"));
    return watches;
  }

  /** Applies an event; tells whether anything that planners read may have changed. */
  public boolean apply(String kind, Watcher.Event event) {
    if (kind.equals(WorkloadEndpoint.KIND)) {
      return endpoints.apply(event);
    }
    Documents<?> documents =
        all().stream().filter(d -> d.kind().equals(kind)).findFirst().orElseThrow();
    Revision before = documents.latest();
    boolean changed = documents.apply(event);
    return changed || isCounted(kind) && !documents.latest().equals(before);
  }

  /** Nodes tell each other up to which revision of these kinds they have come. */
  private static boolean isCounted(String kind) {
    return kind.equals(Node.KIND) || kind.equals(IpPool.KIND);
  }

  /** What each node has said about the pools' modes, this one included. */
  public Map<String, NodeModeStatus> statuses() {
    return statuses.values();
  }

  /** The mode that a pool asks for; empty without the pool. */
  public Optional<PoolMode> poolMode(String pool) {
    return Optional.ofNullable(pools.values().get(pool)).map(p -> p.entry().mode());
  }

  /** When the statuses of a node were written. */
  public Revision statusRevision(String node) {
    return statuses.revision(node);
  }

  /** Up to where the view of the other nodes and of the pools goes. */
  public Revisions revisions() {
    Map<String, Revision> byPool = new TreeMap<>();
    pools.values().keySet().forEach(name -> byPool.put(name, pools.revision(name)));
    return new Revisions(nodes.latest(), nodes.revision(self), byPool);
  }

  public LocalEndpoints endpoints() {
    return endpoints;
  }

  /** Another store follows: nothing is in sync, what is known stays. */
  public void restart() {
    all().forEach(Documents::restart);
  }

  /** Whether every kind has been listed. */
  public boolean isInSync() {
    return all().stream().allMatch(Documents::isInSync);
  }

  /** Why the store cannot be read now. */
  public Optional<String> lost() {
    return all().stream().flatMap(d -> d.lost().stream()).findFirst();
  }

  /** Whether the view stands for all of the store: in sync, and every document was readable. */
  public boolean isComplete() {
    return isInSync() && faults().isEmpty();
  }

  /** Whether every Node was readable, so that one that the view lacks does not exist. */
  public boolean knowsAllNodes() {
    return nodes.faults().isEmpty();
  }

  /** Documents that cannot be used, by {@code KIND/NAME}, with what is wrong. */
  public Map<String, String> faults() {
    Map<String, String> faults = new TreeMap<>();
    all().forEach(d -> d.eachFault(faults::put));
    return faults;
  }

  /** Whether pods may be added, as far as ClusterInformation says. */
  public boolean isDatastoreReady() {
    return information.values().values().stream().allMatch(i -> i.datastoreReady().orElse(true));
  }

  /** FelixConfiguration, this node's own laid over the default. */
  public FelixConfiguration configuration() {
    FelixConfiguration cluster =
        configurations.values().getOrDefault(FelixConfiguration.NAME, FelixConfiguration.DEFAULT);
    FelixConfiguration own = configurations.values().get(FelixConfiguration.nameFor(self));
    return own == null ? cluster : cluster.overlaid(own);
  }

  /** The view as of now. */
  public ClusterView view() {
    return new ClusterView(
        self,
        entries(nodes),
        entries(pools),
        List.copyOf(blocks.values().values()),
        claims.values().values().stream().map(Claim::cidr).toList(),
        new Settings(configuration().settings()));
  }

  /**
   * What route sharing is told as of now.
   *
   * @param node this node as it is on its links
   */
  public CoreSharingView sharingView(LocalNode node) {
    return new CoreSharingView(
        node,
        resources(nodes),
        originated(),
        resources(pools),
        bgpConfiguration(),
        List.copyOf(bgpPeers.values().values()),
        List.copyOf(bgpFilters.values().values()));
  }

  /** Confirmed blocks, and the addresses of pods outside of them. */
  private Set<Cidr> originated() {
    Set<Cidr> originated = new TreeSet<>();
    claims.values().values().stream()
        .filter(Claim::isConfirmed)
        .map(Claim::cidr)
        .forEach(originated::add);
    List<Cidr> confirmed = List.copyOf(originated);
    endpoints.current().values().stream()
        .flatMap(e -> e.addresses().stream())
        .filter(a -> confirmed.stream().noneMatch(block -> block.contains(a)))
        .map(Cidr::host)
        .forEach(originated::add);
    return originated;
  }

  private Optional<BgpConfiguration> bgpConfiguration() {
    Optional<BgpConfiguration> cluster =
        Optional.ofNullable(bgpConfigurations.values().get(BgpConfiguration.NAME));
    Optional<BgpConfiguration> own =
        Optional.ofNullable(bgpConfigurations.values().get(BgpConfiguration.nameFor(self)));
    return own.isPresent() && cluster.isPresent()
        ? Optional.of(cluster.get().overlaid(own.get()))
        : own.or(() -> cluster);
  }

  private static <R, E> Map<String, E> entries(Documents<Whole<R, E>> documents) {
    return documents.values().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().entry()));
  }

  private static <R, E> List<R> resources(Documents<Whole<R, E>> documents) {
    return documents.values().values().stream().map(Whole::resource).toList();
  }

  private static Whole<Node, NodeEntry> node(Node node) throws InvalidResourceException {
    return new Whole<>(node, Readers.node(node));
  }

  private static Whole<IpPool, PoolEntry> pool(IpPool pool) {
    return new Whole<>(pool, Readers.pool(pool));
  }

  private Optional<Claim> claim(BlockAffinity affinity) {
    return Readers.claim(self, affinity)
        .map(cidr -> new Claim(cidr, affinity.state() == BlockAffinity.State.CONFIRMED));
  }

  private boolean concernsUs(BgpConfiguration configuration) {
    return configuration.name().equals(BgpConfiguration.NAME)
        || configuration.name().equals(BgpConfiguration.nameFor(self));
  }

  private boolean concernsUs(FelixConfiguration configuration) {
    return configuration.name().equals(FelixConfiguration.NAME)
        || configuration.name().equals(FelixConfiguration.nameFor(self));
  }

  private List<Documents<?>> all() {
    return List.of(
        nodes,
        pools,
        blocks,
        claims,
        bgpConfigurations,
        bgpPeers,
        bgpFilters,
        configurations,
        information,
        statuses,
        endpointDocuments);
  }
}
