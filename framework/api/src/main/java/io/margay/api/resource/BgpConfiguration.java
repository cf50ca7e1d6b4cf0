// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Settings of route sharing by BGP: {@code default} for all, {@code node.NAME} over it for one. */
public final class BgpConfiguration extends Resource {
  public static final String KIND = "BGPConfiguration";

  /** Name of the document for all nodes. */
  public static final String NAME = "default";

  /** Nothing set. */
  public static final BgpConfiguration DEFAULT =
      make(Trees.envelope(V3, KIND, "", NAME, Map.of()), BgpConfiguration::new);

  private static final String NODE_PREFIX = "node.";
  private static final int DEFAULT_AS_NUMBER = 64512;
  private static final int MAX_PORT = 65535;
  private static final int MAX_PRIORITY = 2147483646;
  private static final String GLOB = "[a-zA-Z0-9_.*-]{1,15}";

  /** Which routes of the cluster BGP puts into the kernel. */
  public enum ProgramClusterRoutes {
    DISABLED,
    ENABLED_IPIP_ONLY,
    ENABLED_NO_ENCAP_ONLY,
    ENABLED
  }

  /**
   * Communities that go with what is advertised within a prefix.
   *
   * @param communities values such as {@code 65000:100}, names resolved
   */
  public record PrefixAdvertisement(Cidr cidr, List<String> communities) {
    public PrefixAdvertisement {
      communities = List.copyOf(communities);
    }
  }

  private final String logSeverityScreen;
  private final boolean nodeToNodeMeshEnabled;
  private final long asNumber;
  private final List<Cidr> serviceClusterIps;
  private final List<Cidr> serviceExternalIps;
  private final List<Cidr> serviceLoadBalancerIps;
  private final boolean aggregatesLoadBalancerIps;
  private final List<PrefixAdvertisement> prefixAdvertisements;
  private final int listenPort;
  private final Optional<SecretKey> nodeMeshPassword;
  private final Optional<Duration> nodeMeshMaxRestartTime;
  private final boolean bindsNodeIp;
  private final List<String> ignoredInterfaces;
  private final Optional<InetAddress> localWorkloadPeeringIpV4;
  private final Optional<InetAddress> localWorkloadPeeringIpV6;
  private final ProgramClusterRoutes programClusterRoutes;
  private final int ipv4NormalRoutePriority;
  private final int ipv6NormalRoutePriority;

  BgpConfiguration(Fields root) {
    super(KIND, root);
    checkName(root);
    if (!name().equals(NAME) && !name().startsWith(NODE_PREFIX)) {
      root.object("metadata").problem("name", "default or node.NAME");
    }
    Fields spec = root.object("spec");
    logSeverityScreen =
        spec.oneOf("logSeverityScreen", "Trace", "Debug", "Info", "Warning", "Error", "Fatal")
            .orElse("Info");
    nodeToNodeMeshEnabled = spec.flag("nodeToNodeMeshEnabled", true);
    asNumber = spec.asNumber("asNumber").orElse((long) DEFAULT_AS_NUMBER);
    serviceClusterIps = cidrs(spec, "serviceClusterIPs");
    serviceExternalIps = cidrs(spec, "serviceExternalIPs");
    serviceLoadBalancerIps = cidrs(spec, "serviceLoadBalancerIPs");
    aggregatesLoadBalancerIps =
        !spec.oneOf("serviceLoadBalancerAggregation", "Enabled", "Disabled")
            .equals(Optional.of("Disabled"));
    prefixAdvertisements = prefixAdvertisements(spec, communities(spec));
    listenPort = spec.integer("listenPort", 1, MAX_PORT, 179);
    nodeMeshPassword = SecretKey.read(spec, "nodeMeshPassword");
    nodeMeshMaxRestartTime = spec.duration("nodeMeshMaxRestartTime");
    bindsNodeIp = spec.oneOf("bindMode", "None", "NodeIP").equals(Optional.of("NodeIP"));
    ignoredInterfaces = spec.parsedList("ignoredInterfaces", BgpConfiguration::glob);
    localWorkloadPeeringIpV4 = spec.address("localWorkloadPeeringIPV4", IpFamily.IPV4);
    localWorkloadPeeringIpV6 = spec.address("localWorkloadPeeringIPV6", IpFamily.IPV6);
    programClusterRoutes = programClusterRoutes(spec);
    ipv4NormalRoutePriority = spec.integer("ipv4NormalRoutePriority", 1, MAX_PRIORITY, 1024);
    ipv6NormalRoutePriority = spec.integer("ipv6NormalRoutePriority", 1, MAX_PRIORITY, 1024);
    checkMesh(spec);
  }

  /** Reads a document. */
  public static BgpConfiguration parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, BgpConfiguration::new);
  }

  /** Name of the document that is laid over {@code default} on a node. */
  public static String nameFor(String node) {
    return NODE_PREFIX + node;
  }

  /** This configuration with every field that the other sets replaced by the other's. */
  public BgpConfiguration overlaid(BgpConfiguration other) {
    Map<String, Object> merged = new LinkedHashMap<>(spec(this));
    merged.putAll(spec(other));
    return make(Trees.with(toMap(), merged, "spec"), BgpConfiguration::new);
  }

  /** Trace, Debug, Info, Warning, Error or Fatal. */
  public String logSeverityScreen() {
    return logSeverityScreen;
  }

  /** Whether every node peers with every other one. */
  public boolean nodeToNodeMeshEnabled() {
    return nodeToNodeMeshEnabled;
  }

  /** The cluster's AS number; a node may have its own. */
  public long asNumber() {
    return asNumber;
  }

  public List<Cidr> serviceClusterIps() {
    return serviceClusterIps;
  }

  public List<Cidr> serviceExternalIps() {
    return serviceExternalIps;
  }

  public List<Cidr> serviceLoadBalancerIps() {
    return serviceLoadBalancerIps;
  }

  /** Whether load balancer addresses go out as their range rather than one by one. */
  public boolean aggregatesLoadBalancerIps() {
    return aggregatesLoadBalancerIps;
  }

  public List<PrefixAdvertisement> prefixAdvertisements() {
    return prefixAdvertisements;
  }

  /** TCP port. */
  public int listenPort() {
    return listenPort;
  }

  public Optional<SecretKey> nodeMeshPassword() {
    return nodeMeshPassword;
  }

  /** Graceful restart time announced within the mesh. */
  public Optional<Duration> nodeMeshMaxRestartTime() {
    return nodeMeshMaxRestartTime;
  }

  /** Whether to listen on the node's address only; {@code bindMode: NodeIP}. */
  public boolean bindsNodeIp() {
    return bindsNodeIp;
  }

  /** Interface names, {@code *} for any characters. */
  public List<String> ignoredInterfaces() {
    return ignoredInterfaces;
  }

  /** {@code localWorkloadPeeringIPV4} or {@code localWorkloadPeeringIPV6}. */
  public Optional<InetAddress> localWorkloadPeeringIp(IpFamily family) {
    return family == IpFamily.IPV4 ? localWorkloadPeeringIpV4 : localWorkloadPeeringIpV6;
  }

  public ProgramClusterRoutes programClusterRoutes() {
    return programClusterRoutes;
  }

  /** {@code ipv4NormalRoutePriority} or {@code ipv6NormalRoutePriority}. */
  public int normalRoutePriority(IpFamily family) {
    return family == IpFamily.IPV4 ? ipv4NormalRoutePriority : ipv6NormalRoutePriority;
  }

  private static Map<String, Object> spec(BgpConfiguration configuration) {
    return Json.asObject(configuration.toMap().get("spec")).orElse(Map.of());
  }

  private static List<Cidr> cidrs(Fields spec, String name) {
    List<Cidr> list = new ArrayList<>();
    for (Fields element : spec.objects(name)) {
      element.required("cidr");
      element.cidr("cidr").ifPresent(list::add);
    }
    return List.copyOf(list);
  }

  private static Map<String, String> communities(Fields spec) {
    Map<String, String> values = new LinkedHashMap<>();
    for (Fields element : spec.objects("communities")) {
      String name = element.required("name").orElse("");
      element.required("value");
      element.parsed("value", Community::checked).ifPresent(value -> values.put(name, value));
    }
    if (spec.has("communities") && !spec.has("prefixAdvertisements")) {
      spec.problem("prefixAdvertisements", "present, since communities are");
    }
    return values;
  }

  private static List<PrefixAdvertisement> prefixAdvertisements(
      Fields spec, Map<String, String> communities) {
    List<PrefixAdvertisement> list = new ArrayList<>();
    for (Fields element : spec.objects("prefixAdvertisements")) {
      element.required("cidr");
      Optional<Cidr> cidr = element.cidr("cidr");
      List<String> values =
          element.parsedList(
              "communities",
              text ->
                  communities.containsKey(text) ? communities.get(text) : Community.checked(text));
      cidr.ifPresent(c -> list.add(new PrefixAdvertisement(c, values)));
    }
    return List.copyOf(list);
  }

  private static ProgramClusterRoutes programClusterRoutes(Fields spec) {
    String text =
        spec.oneOf(
                "programClusterRoutes",
                "Disabled",
                "EnabledIPIPOnly",
                "EnabledNoEncapOnly",
                "Enabled")
            .orElse("EnabledNoEncapOnly");
    return switch (text) {
      case "Disabled" -> ProgramClusterRoutes.DISABLED;
      case "EnabledIPIPOnly" -> ProgramClusterRoutes.ENABLED_IPIP_ONLY;
      case "Enabled" -> ProgramClusterRoutes.ENABLED;
      default -> ProgramClusterRoutes.ENABLED_NO_ENCAP_ONLY;
    };
  }

  private void checkMesh(Fields spec) {
    if (nodeMeshPassword.isPresent() && !name().equals(NAME)) {
      spec.problem("nodeMeshPassword", "set in " + NAME + " only");
    }
    for (String field : List.of("nodeMeshPassword", "nodeMeshMaxRestartTime")) {
      if (spec.has(field) && !nodeToNodeMeshEnabled) {
        spec.problem(field, "absent while nodeToNodeMeshEnabled is false");
      }
    }
  }

  private static String glob(String text) {
    if (!text.matches(GLOB)) {
      throw new IllegalArgumentException(
          "interface: " + text + " (expected: 1 to 15 characters, * for any)");
    }
    return text;
  }
}
