// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Settings of the nodes: {@code default} for all, {@code node.NAME} laid over it for one. Fields
 * that Margay does not honour are kept and listed by {@link #notHonoured}.
 */
public final class FelixConfiguration extends Resource {
  public static final String KIND = "FelixConfiguration";

  /** Name of the document for all nodes. */
  public static final String NAME = "default";

  /** Annotation with the modes that a pool may ever get, which decides the MTU of pods. */
  public static final String ALLOWED_MODES_ANNOTATION = "margay.io/allowed-modes";

  /** Nothing set. */
  public static final FelixConfiguration DEFAULT =
      make(Trees.envelope(V3, KIND, "", NAME, Map.of()), FelixConfiguration::new);

  private static final String NODE_PREFIX = "node.";
  private static final List<String> ALLOWED_MODES = List.of("direct", "ipip", "vxlan");
  private static final String MTU_INTERFACES = "^((en|wl|ww|sl|ib)[Pcopsvx].*|(eth|wlan|wwan).*)";
  private static final int MAX_PORT = 65535;
  private static final int MAX_VNI = (1 << 24) - 1;

  private static final Set<String> HONOURED =
      Set.of(
          "featureDetectOverride",
          "vxlanVNI",
          "vxlanPort",
          "ipipMTU",
          "vxlanMTU",
          "vxlanMTUV6",
          "interfacePrefix",
          "deviceRouteProtocol",
          "routeRefreshInterval",
          "interfaceRefreshInterval",
          "mtuIfacePattern",
          "natOutgoingAddress",
          "natOutgoingExclusions",
          "natPortRange",
          "logSeverityScreen",
          "ipForwarding",
          "ipv6Support",
          "workloadSourceSpoofing");

  /**
   * Ports from which masqueraded connections come.
   *
   * @param max the last, included
   */
  public record PortRange(int min, int max) {
    @Override
    public String toString() {
      return min + "-" + max;
    }
  }

  private final int vxlanVni;
  private final int vxlanPort;
  private final OptionalInt ipipMtu;
  private final OptionalInt vxlanMtu;
  private final OptionalInt vxlanMtuV6;
  private final String interfacePrefix;
  private final int deviceRouteProtocol;
  private final Duration routeRefreshInterval;
  private final Duration interfaceRefreshInterval;
  private final Pattern mtuIfacePattern;
  private final Optional<InetAddress> natOutgoingAddress;
  private final boolean natExcludesHosts;
  private final Optional<PortRange> natPortRange;
  private final String logSeverityScreen;
  private final boolean ipForwarding;
  private final boolean ipv6Support;
  private final boolean allowsSourceSpoofing;

  FelixConfiguration(Fields root) {
    super(KIND, root);
    checkName(root);
    if (!name().equals(NAME) && !name().startsWith(NODE_PREFIX)) {
      root.object("metadata").problem("name", "default or node.NAME");
    }
    Fields spec = root.object("spec");
    vxlanVni = spec.integer("vxlanVNI", 1, MAX_VNI, 4096);
    vxlanPort = spec.integer("vxlanPort", 1, MAX_PORT, 4789);
    ipipMtu = mtu(spec, "ipipMTU");
    vxlanMtu = mtu(spec, "vxlanMTU");
    vxlanMtuV6 = mtu(spec, "vxlanMTUV6");
    interfacePrefix = prefix(spec);
    // 0 to 2 belong to the kernel itself: linux/rtnetlink.h RTPROT_KERNEL.
    deviceRouteProtocol = spec.integer("deviceRouteProtocol", 3, 255, 80);
    routeRefreshInterval = interval(spec, "routeRefreshInterval");
    interfaceRefreshInterval = interval(spec, "interfaceRefreshInterval");
    mtuIfacePattern =
        spec.parsed("mtuIfacePattern", FelixConfiguration::pattern)
            .orElse(Pattern.compile(MTU_INTERFACES));
    natOutgoingAddress = spec.address("natOutgoingAddress", IpFamily.IPV4);
    natExcludesHosts =
        spec.oneOf("natOutgoingExclusions", "IPPoolsOnly", "IPPoolsAndHostIPs")
            .equals(Optional.of("IPPoolsAndHostIPs"));
    natPortRange = portRange(spec);
    logSeverityScreen =
        spec.oneOf("logSeverityScreen", "Trace", "Debug", "Info", "Warning", "Error", "Fatal")
            .orElse("Info");
    ipForwarding =
        !spec.oneOf("ipForwarding", "Enabled", "Disabled").equals(Optional.of("Disabled"));
    ipv6Support = spec.flag("ipv6Support", true);
    allowsSourceSpoofing =
        spec.oneOf("workloadSourceSpoofing", "Any", "Disabled").equals(Optional.of("Any"));
  }

  /** Reads a document. */
  public static FelixConfiguration parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, FelixConfiguration::new);
  }

  /** Name of the document that is laid over {@code default} on a node. */
  public static String nameFor(String node) {
    return NODE_PREFIX + node;
  }

  /** This configuration with every field that the other sets replaced by the other's. */
  public FelixConfiguration overlaid(FelixConfiguration other) {
    Map<String, Object> merged = new LinkedHashMap<>(spec(this));
    merged.putAll(spec(other));
    return make(Trees.with(toMap(), merged, "spec"), FelixConfiguration::new);
  }

  /** Fields that are set and have no effect on Margay, in alphabetical order. */
  public List<String> notHonoured() {
    return spec(this).keySet().stream().filter(n -> !HONOURED.contains(n)).sorted().toList();
  }

  /** The honoured fields that are set, as text, by name: what modes read. */
  public Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    spec(this)
        .forEach(
            (name, value) -> {
              if (HONOURED.contains(name) && value != null) {
                settings.put(name, value.toString());
              }
            });
    return settings;
  }

  /** Modes that pools may get while the cluster runs, by {@link #ALLOWED_MODES_ANNOTATION}. */
  public List<String> allowedModes() {
    return metadata()
        .annotation(ALLOWED_MODES_ANNOTATION)
        .map(text -> List.of(text.strip().split("\\s*,\\s*")))
        .orElse(ALLOWED_MODES);
  }

  public int vxlanVni() {
    return vxlanVni;
  }

  public int vxlanPort() {
    return vxlanPort;
  }

  /** MTU of the IPIP device in bytes; empty lets the uplink decide. */
  public OptionalInt ipipMtu() {
    return ipipMtu;
  }

  /** MTU of the VXLAN device for IPv4 in bytes; empty lets the uplink decide. */
  public OptionalInt vxlanMtu() {
    return vxlanMtu;
  }

  /** MTU of the VXLAN device for IPv6 in bytes; empty lets the uplink decide. */
  public OptionalInt vxlanMtuV6() {
    return vxlanMtuV6;
  }

  /** Prefix of the names of pods' host interfaces. */
  public String interfacePrefix() {
    return interfacePrefix;
  }

  /** Protocol number of our routes, by which we know them again; 80 unless set. */
  public int deviceRouteProtocol() {
    return deviceRouteProtocol;
  }

  /** How often routes are read again without an event. */
  public Duration routeRefreshInterval() {
    return routeRefreshInterval;
  }

  /** How often interfaces are read again without an event. */
  public Duration interfaceRefreshInterval() {
    return interfaceRefreshInterval;
  }

  /** Interfaces whose MTU limits that of pods. */
  public Pattern mtuIfacePattern() {
    return mtuIfacePattern;
  }

  /** Source address of masqueraded packets; empty takes that of the outgoing interface. */
  public Optional<InetAddress> natOutgoingAddress() {
    return natOutgoingAddress;
  }

  /** Whether packets to nodes are left unmasqueraded, as those to pools are. */
  public boolean natExcludesHosts() {
    return natExcludesHosts;
  }

  public Optional<PortRange> natPortRange() {
    return natPortRange;
  }

  /** Trace, Debug, Info, Warning, Error or Fatal. */
  public String logSeverityScreen() {
    return logSeverityScreen;
  }

  /** Whether we switch on forwarding. */
  public boolean ipForwarding() {
    return ipForwarding;
  }

  public boolean ipv6Support() {
    return ipv6Support;
  }

  /** Whether workloads may send from the prefixes that their annotation names. */
  public boolean allowsSourceSpoofing() {
    return allowsSourceSpoofing;
  }

  private static Map<String, Object> spec(FelixConfiguration configuration) {
    return Json.asObject(configuration.toMap().get("spec")).orElse(Map.of());
  }

  private static OptionalInt mtu(Fields spec, String name) {
    OptionalInt mtu = spec.integer(name, 0, MAX_PORT);
    return mtu.orElse(0) == 0 ? OptionalInt.empty() : mtu;
  }

  private static String prefix(Fields spec) {
    Optional<String> given = spec.text("interfacePrefix").filter(s -> !s.isEmpty());
    // Eleven characters of hash follow; a link's name has fifteen at most.
    if (given.isPresent() && !given.get().matches("[a-zA-Z0-9_.-]{1,4}(,[a-zA-Z0-9_.-]{1,15})*")) {
      spec.problem("interfacePrefix", "1 to 4 letters or digits; after a comma, further prefixes");
    }
    return given.map(s -> s.split(",")[0]).orElse("cali");
  }

  private static Duration interval(Fields spec, String name) {
    return spec.duration(name).orElse(Duration.ofSeconds(90));
  }

  private static Pattern pattern(String text) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "pattern: " + text + " (expected: a regular expression; " + e.getDescription() + ")", e);
    }
  }

  private static Optional<PortRange> portRange(Fields spec) {
    Object value = spec.any("natPortRange");
    if (value == null || value.equals("") || value.equals(0L)) {
      return Optional.empty();
    }
    List<Integer> ports = new ArrayList<>();
    for (String part : value.toString().split(":", -1)) {
      if (part.matches("[0-9]{1,5}")) {
        ports.add(Integer.parseInt(part));
      }
    }
    int min = ports.isEmpty() ? 0 : ports.get(0);
    int max = ports.isEmpty() ? 0 : ports.get(ports.size() - 1);
    boolean isWhole = ports.size() == value.toString().split(":", -1).length && ports.size() <= 2;
    if (!isWhole || min < 1 || max > MAX_PORT || min > max) {
      spec.problem("natPortRange", "a port, or two with a colon such as 32768:65535");
      return Optional.empty();
    }
    return Optional.of(new PortRange(min, max));
  }
}
