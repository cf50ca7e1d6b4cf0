// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A range from which pods and tunnels get addresses, and how their packets travel. */
public final class IpPool extends Resource {
  public static final String KIND = "IPPool";

  /** Annotation with a vendor's mode, {@code srv6} or {@code srv6/CrossSubnet}. */
  public static final String MODE_ANNOTATION = "margay.io/mode";

  /** Annotation with the mode before the last switch, to which an abort goes back. */
  public static final String PREVIOUS_MODE_ANNOTATION = "margay.io/previous-mode";

  /** Annotation with the time, ISO 8601, at which an unconfirmed switch is reverted. */
  public static final String CONFIRM_ANNOTATION = "margay.io/confirm-until";

  /** Annotation with the names of nodes, by commas, for which a change of mode does not wait. */
  public static final String WITHOUT_ANNOTATION = "margay.io/retire-without";

  /** Annotation that says where nodes have their routes to the pool's blocks from. */
  public static final String ROUTES_FROM_ANNOTATION = "margay.io/routes-from";

  private static final int MAX_SELECTOR = 1024;
  private static final Cidr LINK_LOCAL_V4 = Cidr.parse("169.254.0.0/16");
  private static final Cidr LINK_LOCAL_V6 = Cidr.parse("fe80::/10");

  /** What addresses may be used for. */
  public enum AllowedUse {
    WORKLOAD,
    TUNNEL,
    LOAD_BALANCER
  }

  /** Who may get addresses. */
  public enum AssignmentMode {
    AUTOMATIC,
    /** Only requests that name the pool. */
    MANUAL
  }

  /** Where nodes have their routes to the pool's blocks from. */
  public enum RoutesFrom {
    /** From route sharing where the mode is direct or IPIP, else from the store. */
    AUTO,
    /** From route sharing; of what it does not tell, from the store. */
    BGP,
    /** From the store alone. */
    STORE
  }

  private final Cidr cidr;
  private final int blockSize;
  private final Encapsulation ipipMode;
  private final Encapsulation vxlanMode;
  private final boolean natOutgoing;
  private final boolean disabled;
  private final boolean disableBgpExport;
  private final Selector nodeSelector;
  private final Selector namespaceSelector;
  private final Set<AllowedUse> allowedUses;
  private final AssignmentMode assignmentMode;
  private final Optional<Boolean> allocatable;
  private final RoutesFrom routesFrom;

  IpPool(Fields root) {
    super(KIND, root);
    checkName(root);
    Fields spec = root.object("spec");
    Optional<Cidr> given = spec.cidr("cidr");
    spec.required("cidr");
    cidr = given.orElse(LINK_LOCAL_V4);
    blockSize = spec.integer("blockSize", 0, 128, defaultBlockSize(cidr));
    ipipMode = spec.choice("ipipMode", Encapsulation.class, Encapsulation.NEVER);
    vxlanMode = spec.choice("vxlanMode", Encapsulation.class, Encapsulation.NEVER);
    natOutgoing = spec.flag("natOutgoing", false);
    disabled = spec.flag("disabled", false);
    disableBgpExport = spec.flag("disableBGPExport", false);
    nodeSelector = selector(spec, "nodeSelector");
    namespaceSelector = selector(spec, "namespaceSelector");
    allowedUses =
        spec.choices(
            "allowedUses", AllowedUse.class, Set.of(AllowedUse.WORKLOAD, AllowedUse.TUNNEL));
    assignmentMode = spec.choice("assignmentMode", AssignmentMode.class, AssignmentMode.AUTOMATIC);
    allocatable = allocatable(root.object("status"));
    routesFrom = routesFrom(root);
    if (given.isPresent()) {
      checkCidr(spec);
      checkModes(root, spec);
    }
    checkUses(spec);
  }

  /** Reads a document. */
  public static IpPool parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, IpPool::new);
  }

  /** A pool with Calico's defaults: no encapsulation, no outgoing NAT, blocks of 64. */
  public static IpPool of(String name, Cidr cidr) {
    return of(name, cidr, defaultBlockSize(cidr));
  }

  /**
   * A pool with Calico's other defaults.
   *
   * @param blockSize prefix length of a block
   */
  public static IpPool of(String name, Cidr cidr, int blockSize) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("cidr", cidr.toString());
    spec.put("ipipMode", "Never");
    spec.put("vxlanMode", "Never");
    spec.put("natOutgoing", false);
    spec.put("blockSize", (long) blockSize);
    spec.put("nodeSelector", "all()");
    spec.put("allowedUses", List.of("Workload", "Tunnel"));
    spec.put("assignmentMode", "Automatic");
    return make(Trees.envelope(V3, KIND, "", name, spec), IpPool::new);
  }

  public IpPool withBlockSize(int value) {
    return with((long) value, "spec", "blockSize");
  }

  public IpPool withNatOutgoing(boolean value) {
    return with(value, "spec", "natOutgoing");
  }

  public IpPool withDisabled(boolean value) {
    return with(value, "spec", "disabled");
  }

  public IpPool withNodeSelector(String value) {
    return with(value, "spec", "nodeSelector");
  }

  public IpPool withNamespaceSelector(String value) {
    return with(value, "spec", "namespaceSelector");
  }

  public IpPool withAllowedUses(Set<AllowedUse> value) {
    return with(value.stream().sorted().map(Words::of).toList(), "spec", "allowedUses");
  }

  public IpPool withAssignmentMode(AssignmentMode value) {
    return with(Words.of(value), "spec", "assignmentMode");
  }

  /**
   * Sets fields of the spec in one step, since they are checked against each other.
   *
   * @param fields Boolean, String or lists of these, by the name of the field
   * @throws IllegalArgumentException when the pool would not be valid
   */
  public IpPool withSpec(Map<String, Object> fields) {
    Map<String, Object> changed = toMap();
    for (Map.Entry<String, Object> field : fields.entrySet()) {
      changed = Trees.with(changed, field.getValue(), "spec", field.getKey());
    }
    return make(changed, IpPool::new);
  }

  /** Sets both modes in one step, since only one may be other than NEVER. */
  public IpPool withModes(Encapsulation ipip, Encapsulation vxlan) {
    Map<String, Object> changed = Trees.with(toMap(), Words.of(ipip), "spec", "ipipMode");
    return make(Trees.with(changed, Words.of(vxlan), "spec", "vxlanMode"), IpPool::new);
  }

  /** Sets an annotation; an empty value removes it. */
  public IpPool withAnnotation(String key, Optional<String> value) {
    Map<String, Object> annotations = metadata().annotated(key, value);
    return make(Trees.with(toMap(), annotations, "metadata", "annotations"), IpPool::new);
  }

  public Cidr cidr() {
    return cidr;
  }

  /** Prefix length of a block. */
  public int blockSize() {
    return blockSize;
  }

  public Encapsulation ipipMode() {
    return ipipMode;
  }

  public Encapsulation vxlanMode() {
    return vxlanMode;
  }

  /** A vendor's mode in force, as in the annotation: {@code srv6} or {@code srv6/CrossSubnet}. */
  public Optional<String> vendorMode() {
    return metadata().annotation(MODE_ANNOTATION);
  }

  /** Whether packets that leave the pools are masqueraded. */
  public boolean natOutgoing() {
    return natOutgoing;
  }

  /** Whether no more addresses are given out of it; those given out stay. */
  public boolean disabled() {
    return disabled;
  }

  public boolean disableBgpExport() {
    return disableBgpExport;
  }

  /** Nodes for which a change of mode does not wait: they are lost, and still in the store. */
  public Set<String> retireWithout() {
    return metadata().annotation(WITHOUT_ANNOTATION).stream()
        .flatMap(names -> Stream.of(names.split(",")))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  public Selector nodeSelector() {
    return nodeSelector;
  }

  public Selector namespaceSelector() {
    return namespaceSelector;
  }

  public Set<AllowedUse> allowedUses() {
    return allowedUses;
  }

  public AssignmentMode assignmentMode() {
    return assignmentMode;
  }

  /** The condition {@code Allocatable} of the status, when somebody set it. */
  public Optional<Boolean> allocatable() {
    return allocatable;
  }

  /** Where nodes have their routes to its blocks from, see {@link #ROUTES_FROM_ANNOTATION}. */
  public RoutesFrom routesFrom() {
    return routesFrom;
  }

  private IpPool with(Object value, String... path) {
    return make(Trees.with(toMap(), value, path), IpPool::new);
  }

  private static int defaultBlockSize(Cidr cidr) {
    return cidr.family() == IpFamily.IPV4 ? 26 : 122;
  }

  private static Selector selector(Fields spec, String name) {
    spec.text(name)
        .filter(s -> s.length() > MAX_SELECTOR)
        .ifPresent(s -> spec.problem(name, "at most 1024 characters"));
    Selector selector = spec.selector(name).orElse(Selector.ALL);
    if (selector.usesGlobal()) {
      spec.problem(name, "no global()");
    }
    return selector;
  }

  private void checkCidr(Fields spec) {
    boolean v4 = cidr.family() == IpFamily.IPV4;
    int min = v4 ? 20 : 116;
    int max = v4 ? 32 : 128;
    if (cidr.overlaps(LINK_LOCAL_V4) || cidr.overlaps(LINK_LOCAL_V6)) {
      spec.problem("cidr", "outside the link-local range " + (v4 ? LINK_LOCAL_V4 : LINK_LOCAL_V6));
    }
    if (blockSize < min || blockSize > max) {
      spec.problem("blockSize", min + ".." + max + " for " + (v4 ? "IPv4" : "IPv6"));
    } else if (blockSize < cidr.length() && !disabled) {
      spec.problem("cidr", "room for one block at least: /" + blockSize + " or shorter");
    }
  }

  private void checkModes(Fields root, Fields spec) {
    if (cidr.family() == IpFamily.IPV6 && ipipMode != Encapsulation.NEVER) {
      spec.problem("ipipMode", "Never: IPIP carries IPv4 only");
    }
    if (ipipMode != Encapsulation.NEVER && vxlanMode != Encapsulation.NEVER) {
      spec.problem("vxlanMode", "Never while ipipMode is " + Words.of(ipipMode));
    }
    boolean encapsulated = ipipMode != Encapsulation.NEVER || vxlanMode != Encapsulation.NEVER;
    Optional<String> vendor = vendorMode();
    if (vendor.isPresent() && encapsulated) {
      root.object("metadata")
          .problem(
              "annotations." + MODE_ANNOTATION,
              vendor.get(),
              "absent unless ipipMode and vxlanMode are Never");
    }
    if (vendor.isPresent() && !vendor.get().matches("[a-z][a-z0-9-]*(/CrossSubnet)?")) {
      root.object("metadata")
          .problem(
              "annotations." + MODE_ANNOTATION,
              vendor.get(),
              "a mode such as srv6 or srv6/CrossSubnet");
    }
  }

  private RoutesFrom routesFrom(Fields root) {
    String text = metadata().annotation(ROUTES_FROM_ANNOTATION).orElse("auto");
    for (RoutesFrom value : RoutesFrom.values()) {
      if (text.equals(value.name().toLowerCase(Locale.ROOT))) {
        return value;
      }
    }
    root.object("metadata")
        .problem("annotations." + ROUTES_FROM_ANNOTATION, text, "auto, bgp or store");
    return RoutesFrom.AUTO;
  }

  private void checkUses(Fields spec) {
    if (allowedUses.contains(AllowedUse.TUNNEL) && !namespaceSelector.isEmptyText()) {
      spec.problem("namespaceSelector", "none while allowedUses contains Tunnel");
    }
    if (!allowedUses.contains(AllowedUse.LOAD_BALANCER)) {
      return;
    }
    List<String> wrong = new ArrayList<>();
    if (allowedUses.size() > 1) {
      wrong.add("other uses");
    }
    if (ipipMode != Encapsulation.NEVER || vxlanMode != Encapsulation.NEVER) {
      wrong.add("encapsulation");
    }
    if (disableBgpExport) {
      wrong.add("disableBGPExport");
    }
    if (!nodeSelector.matchesAll()) {
      wrong.add("a nodeSelector other than all()");
    }
    if (!wrong.isEmpty()) {
      spec.problem("allowedUses", "LoadBalancer without " + String.join(", ", wrong));
    }
  }

  private static Optional<Boolean> allocatable(Fields status) {
    Optional<Boolean> found = Optional.empty();
    for (Fields condition : status.objects("conditions")) {
      List.of("reason", "message", "lastTransitionTime", "observedGeneration")
          .forEach(condition::any);
      String type = condition.text("type", "");
      String value = condition.text("status", "");
      if (type.equals("Allocatable")) {
        found = Optional.of(!value.equals("False"));
      }
    }
    return found;
  }
}
