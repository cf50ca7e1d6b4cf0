// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpFilter;
import io.margay.api.resource.BgpFilter.Rule;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.BgpPeer.NextHopMode;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.resource.SecretKey;
import io.margay.api.sharing.SharingView;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Makes of the cluster's resources what the speaker of one node is to be: a pure function but for
 * the passwords.
 */
public final class SettingsMaker {
  /** On a BGPPeer: which families its sessions carry, such as {@code ipv4,ipv6}. */
  public static final String FAMILIES_ANNOTATION = "margay.io/families";

  /** On a BGPPeer: how many prefixes of a family it may tell. */
  public static final String MAX_PREFIXES_ANNOTATION = "margay.io/max-prefixes";

  private static final int RESTART_SECONDS = 120;
  private static final int MAX_RESTART_SECONDS = 4095;

  private final SharingView view;
  private final Secrets secrets;
  private final int holdSeconds;
  private final BgpConfiguration configuration;
  private final Map<InetAddress, String> knownPasswords = new HashMap<>();
  private final Set<String> problems = new LinkedHashSet<>();
  private Node self;
  private Neighbours neighbours;

  private SettingsMaker(
      SharingView view, Secrets secrets, int holdSeconds, Optional<SpeakerSettings> before) {
    this.view = view;
    before.ifPresent(
        known ->
            known
                .peers()
                .forEach(p -> p.password().ifPresent(w -> knownPasswords.put(p.address(), w))));
    this.secrets = secrets;
    this.holdSeconds = holdSeconds;
    configuration = view.configuration().orElse(BgpConfiguration.DEFAULT);
  }

  /**
   * The settings; empty as long as this node is not in the view.
   *
   * @param holdSeconds that are offered to peers
   * @param before what holds now: a password that cannot be read any more stays
   */
  public static Optional<SpeakerSettings> make(
      SharingView view, Secrets secrets, int holdSeconds, Optional<SpeakerSettings> before) {
    SettingsMaker maker = new SettingsMaker(view, secrets, holdSeconds, before);
    return view.nodes().stream()
        .filter(node -> node.name().equals(view.self().name()))
        .findFirst()
        .map(maker::of);
  }

  private SpeakerSettings of(Node node) {
    self = node;
    List<String> found = new ArrayList<>();
    neighbours = new Neighbours(view, node, found);
    Map<Prefix, PathAttributes> origins = origins();
    RoutePolicy export = poolExport();
    List<PeerSettings> peers = new ArrayList<>();
    Map<Prefix, InetAddress> gateways = new HashMap<>();
    for (Neighbour neighbour : neighbours.find()) {
      peer(neighbour, export).ifPresent(peers::add);
      neighbour
          .resource()
          .flatMap(BgpPeer::reachableBy)
          .ifPresent(gateway -> gateways.put(Prefix.of(Cidr.host(neighbour.address())), gateway));
    }
    problems.addAll(found);
    return new SpeakerSettings(
        neighbours.asNumber(node),
        routerId(),
        configuration.listenPort(),
        listenAddresses(),
        neighbours.clusterId(node),
        peers,
        origins,
        gateways,
        nodeAddresses(),
        addresses(),
        List.copyOf(problems));
  }

  private Map<IpFamily, InetAddress> nodeAddresses() {
    Map<IpFamily, InetAddress> addresses = new EnumMap<>(IpFamily.class);
    for (IpFamily family : IpFamily.values()) {
      self.address(family).ifPresent(a -> addresses.put(family, a.address()));
    }
    return addresses;
  }

  private Set<InetAddress> addresses() {
    Set<InetAddress> own = new HashSet<>(view.self().addresses().values());
    own.addAll(view.self().tunnelAddresses().values());
    own.addAll(nodeAddresses().values());
    return own;
  }

  private List<InetAddress> listenAddresses() {
    List<InetAddress> addresses = new ArrayList<>();
    if (configuration.bindsNodeIp()) {
      addresses.addAll(nodeAddresses().values());
    }
    return addresses;
  }

  /** The node's IPv4 address; a number made of its name where it has none. RFC 6286 allows any. */
  private int routerId() {
    return self.address(IpFamily.IPV4)
        .map(a -> (int) (Prefix.of(Cidr.host(a.address())).high() >>> 32))
        .orElseGet(() -> Math.max(1, self.name().hashCode() & 0x7fffffff));
  }

  // --- what this node tells ---

  private Map<Prefix, PathAttributes> origins() {
    Map<Prefix, PathAttributes> origins = new TreeMap<>();
    view.originated().forEach(cidr -> originate(origins, cidr));
    configuration.serviceClusterIps().forEach(cidr -> originate(origins, cidr));
    configuration.serviceExternalIps().forEach(cidr -> originate(origins, cidr));
    if (configuration.aggregatesLoadBalancerIps()) {
      configuration.serviceLoadBalancerIps().forEach(cidr -> originate(origins, cidr));
    }
    return origins;
  }

  private void originate(Map<Prefix, PathAttributes> origins, Cidr cidr) {
    int priority = configuration.normalRoutePriority(cidr.family());
    origins.put(
        Prefix.of(cidr),
        PathAttributes.originated().withLocalPref(FilterPolicy.PRIORITY_BASE - priority));
  }

  private static List<String> joined(List<String> some, List<String> others) {
    Set<String> all = new LinkedHashSet<>(some);
    all.addAll(others);
    return List.copyOf(all);
  }

  private RoutePolicy poolExport() {
    List<Prefix> silent = new ArrayList<>();
    List<Prefix> told = new ArrayList<>();
    for (IpPool pool : view.pools()) {
      (pool.disableBgpExport() ? silent : told).add(Prefix.of(pool.cidr()));
    }
    silent.sort(null);
    told.sort(null);
    List<Prefix> ranges = new ArrayList<>();
    if (neighbours.clusterId(self) != 0) {
      configuration.serviceExternalIps().forEach(cidr -> ranges.add(Prefix.of(cidr)));
      configuration.serviceLoadBalancerIps().forEach(cidr -> ranges.add(Prefix.of(cidr)));
    }
    Map<Prefix, List<String>> communities = new HashMap<>();
    configuration
        .prefixAdvertisements()
        .forEach(
            a -> communities.merge(Prefix.of(a.cidr()), a.communities(), SettingsMaker::joined));
    return new PoolExport(silent, told, ranges, communities);
  }

  // --- peers ---

  private Optional<PeerSettings> peer(Neighbour neighbour, RoutePolicy export) {
    Optional<BgpPeer> resource = neighbour.resource();
    long localAs =
        resource.flatMap(BgpPeer::localAsNumber).orElseGet(() -> neighbours.asNumber(self));
    if (localAs == 0 || neighbour.asNumber() == 0) {
      problems.add(neighbour.origin() + ": AS number 0 (expected: 1..4294967295, RFC 7607)");
      return Optional.empty();
    }
    boolean isInternal = localAs == neighbour.asNumber();
    int clusterId = neighbours.clusterId(self);
    Optional<String> password;
    try {
      password = password(neighbour);
    } catch (Secrets.UnreadableException e) {
      problems.add(neighbour.origin() + ": password: " + e.getMessage());
      password = Optional.ofNullable(knownPasswords.get(neighbour.address()));
      if (password.isEmpty()) {
        return Optional.empty();
      }
    }
    IpFamily family = IpFamily.of(neighbour.address());
    boolean usesNodeIp = resource.map(BgpPeer::usesNodeIp).orElse(true);
    Optional<InetAddress> source =
        usesNodeIp && !neighbour.address().isLinkLocalAddress()
            ? self.address(family).map(InterfaceAddress::address)
            : Optional.empty();
    if (usesNodeIp && self.address(family).isEmpty()) {
      problems.add(
          neighbour.origin()
              + ": "
              + Ip.text(neighbour.address())
              + " (expected: an address of a family that node "
              + self.name()
              + " has)");
      return Optional.empty();
    }
    List<BgpFilter> filters = filters(resource);
    return Optional.of(
        new PeerSettings(
            neighbour.name(),
            neighbour.node(),
            neighbour.address(),
            neighbour.port(),
            neighbour.asNumber(),
            localAs,
            source,
            password,
            resource.map(BgpPeer::ttlSecurity).orElse(OptionalInt.empty()),
            false,
            families(resource, family),
            holdSeconds,
            seconds(resource.flatMap(BgpPeer::keepaliveTime)),
            restartSeconds(resource),
            isInternal && clusterId != 0 && clusterId != neighbour.clusterId(),
            clusterId,
            resource.map(BgpPeer::nextHopMode).orElse(NextHopMode.AUTO),
            resource.map(BgpPeer::numAllowedLocalAsNumbers).orElse(0),
            maxPrefixes(resource),
            filtered(filters, true, isInternal, RoutePolicy.ACCEPT),
            filtered(filters, false, isInternal, export)));
  }

  private Optional<String> password(Neighbour neighbour) throws Secrets.UnreadableException {
    Optional<SecretKey> key =
        neighbour.resource().isPresent()
            ? neighbour.resource().get().password()
            : configuration.nodeMeshPassword();
    return key.isPresent() ? Optional.of(secrets.password(key.get())) : Optional.empty();
  }

  private static OptionalInt seconds(Optional<Duration> duration) {
    return duration.isPresent()
        ? OptionalInt.of((int) Math.max(1, Math.min(65535, duration.get().toSeconds())))
        : OptionalInt.empty();
  }

  private int restartSeconds(Optional<BgpPeer> resource) {
    Optional<Duration> time =
        resource.isPresent()
            ? resource.get().maxRestartTime()
            : configuration.nodeMeshMaxRestartTime();
    return (int)
        Math.min(MAX_RESTART_SECONDS, time.map(Duration::toSeconds).orElse((long) RESTART_SECONDS));
  }

  private Set<IpFamily> families(Optional<BgpPeer> resource, IpFamily ofAddress) {
    Optional<String> text =
        resource.flatMap(peer -> peer.metadata().annotation(FAMILIES_ANNOTATION));
    if (text.isEmpty()) {
      return Set.of(ofAddress);
    }
    Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    for (String name : text.get().split(",", -1)) {
      switch (name.strip().toLowerCase(Locale.ROOT)) {
        case "ipv4" -> families.add(IpFamily.IPV4);
        case "ipv6" -> families.add(IpFamily.IPV6);
        default ->
            problems.add(
                annotation(resource.orElseThrow(), FAMILIES_ANNOTATION, text.get(), "ipv4,ipv6"));
      }
    }
    return families.isEmpty() ? Set.of(ofAddress) : families;
  }

  private OptionalInt maxPrefixes(Optional<BgpPeer> resource) {
    Optional<String> text =
        resource.flatMap(peer -> peer.metadata().annotation(MAX_PREFIXES_ANNOTATION));
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!text.get().matches("[1-9][0-9]{0,8}")) {
      problems.add(
          annotation(resource.orElseThrow(), MAX_PREFIXES_ANNOTATION, text.get(), "1..999999999"));
      return OptionalInt.empty();
    }
    return OptionalInt.of(Integer.parseInt(text.get()));
  }

  private static String annotation(BgpPeer peer, String name, String value, String expected) {
    return "BGPPeer "
        + peer.name()
        + ": annotation "
        + name
        + ": "
        + value
        + " (expected: "
        + expected
        + ")";
  }

  // --- filters ---

  private List<BgpFilter> filters(Optional<BgpPeer> resource) {
    List<BgpFilter> filters = new ArrayList<>();
    for (String name : resource.map(BgpPeer::filters).orElse(List.of())) {
      Optional<BgpFilter> filter =
          view.filters().stream().filter(f -> f.name().equals(name)).findFirst();
      filter.ifPresent(filters::add);
      if (filter.isEmpty()) {
        problems.add(
            "BGPPeer " + resource.orElseThrow().name() + ": there is no BGPFilter " + name);
      }
    }
    return filters;
  }

  private RoutePolicy filtered(
      List<BgpFilter> filters, boolean isImport, boolean isInternal, RoutePolicy otherwise) {
    List<Rule> v4 = new ArrayList<>();
    List<Rule> v6 = new ArrayList<>();
    for (BgpFilter filter : filters) {
      v4.addAll(isImport ? filter.importRules(IpFamily.IPV4) : filter.exportRules(IpFamily.IPV4));
      v6.addAll(isImport ? filter.importRules(IpFamily.IPV6) : filter.exportRules(IpFamily.IPV6));
      checkInterfaces(filter);
    }
    return v4.isEmpty() && v6.isEmpty()
        ? otherwise
        : new FilterPolicy(v4, v6, isInternal, otherwise);
  }

  private void checkInterfaces(BgpFilter filter) {
    for (IpFamily family : IpFamily.values()) {
      List<Rule> rules = new ArrayList<>(filter.exportRules(family));
      rules.addAll(filter.importRules(family));
      if (rules.stream().anyMatch(rule -> rule.interfaceName().isPresent())) {
        problems.add(
            "BGPFilter "
                + filter.name()
                + ": a rule with interface never matches: the routes of"
                + " this speaker are on none");
      }
    }
  }
}
