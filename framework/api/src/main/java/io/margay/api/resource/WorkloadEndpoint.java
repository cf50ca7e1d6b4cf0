// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.MacAddress;
import io.margay.api.net.Rate;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The attachment of a pod or container: its host interface and addresses. */
public final class WorkloadEndpoint extends Resource {
  public static final String KIND = "WorkloadEndpoint";

  /** {@code orchestrator} of pods. */
  public static final String KUBERNETES = "k8s";

  /** {@code orchestrator} of containers that CNI starts without Kubernetes. */
  public static final String CNI = "cni";

  /** Annotation with the handle that holds the addresses, which is also the host link's alias. */
  public static final String HANDLE_ANNOTATION = "margay.io/handle";

  /**
   * Annotation that says, for people, which pools were asked for and by whom; absent when the
   * pools' own rules decided.
   */
  public static final String POOLS_ASKED_ANNOTATION = "margay.io/pools-asked";

  /** Annotation of an endpoint that brought its addresses along: no pool and no handle has them. */
  public static final String NO_IPAM_ANNOTATION = "margay.io/no-ipam";

  /** Name of the network when an endpoint does not say its handle: Calico's. */
  private static final String DEFAULT_NETWORK = "k8s-pod-network";

  private static final int MAX_INTERFACE_NAME = 15;

  private final String orchestrator;
  private final String node;
  private final Optional<String> pod;
  private final Optional<String> containerId;
  private final String endpoint;
  private final Optional<String> serviceAccountName;
  private final List<Cidr> ipNetworks;
  private final Optional<InetAddress> ipv4Gateway;
  private final Optional<InetAddress> ipv6Gateway;
  private final List<String> profiles;
  private final String interfaceName;
  private final Optional<MacAddress> mac;
  private final List<Cidr> allowSpoofedSourcePrefixes;
  private final Optional<Rate> receiveRate;
  private final Optional<Rate> sendRate;

  WorkloadEndpoint(Fields root) {
    super(KIND, root);
    Fields spec = root.object("spec");
    orchestrator = spec.required("orchestrator").orElse("");
    node = spec.required("node").orElse("");
    pod = spec.text("pod").filter(s -> !s.isEmpty());
    containerId = spec.text("containerID").filter(s -> !s.isEmpty());
    endpoint = spec.required("endpoint").orElse("");
    spec.text("workload");
    serviceAccountName = spec.text("serviceAccountName").filter(s -> !s.isEmpty());
    ipNetworks = spec.parsedList("ipNetworks", WorkloadEndpoint::host);
    ipv4Gateway = spec.address("ipv4Gateway");
    ipv6Gateway = spec.address("ipv6Gateway");
    profiles = spec.texts("profiles");
    interfaceName = spec.required("interfaceName").orElse("");
    mac = spec.parsed("mac", MacAddress::parse);
    allowSpoofedSourcePrefixes = spec.parsedList("allowSpoofedSourcePrefixes", Cidr::parse);
    receiveRate = rate(spec, "ingress");
    sendRate = rate(spec, "egress");
    for (String kept : List.of("ipNATs", "ports", "qosControls")) {
      spec.any(kept);
    }
    if (root.object("metadata").text("namespace", "").isEmpty()) {
      root.object("metadata").problem("namespace", "missing", "the namespace of the workload");
    }
    if (interfaceName.length() > MAX_INTERFACE_NAME || interfaceName.contains("/")) {
      spec.problem("interfaceName", "at most 15 characters, no slash");
    }
    checkName(root, spec);
  }

  /** Reads a document. */
  public static WorkloadEndpoint parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, WorkloadEndpoint::new);
  }

  /**
   * The endpoint of a pod.
   *
   * @param endpoint interface inside of the pod, such as {@code eth0}
   * @param interfaceName interface on the host
   */
  public static WorkloadEndpoint ofPod(
      String namespace, String node, String pod, String endpoint, String interfaceName) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("orchestrator", KUBERNETES);
    spec.put("node", node);
    spec.put("pod", pod);
    spec.put("endpoint", endpoint);
    spec.put("interfaceName", interfaceName);
    String name = nameOf(node, KUBERNETES, pod, endpoint);
    return make(Trees.envelope(V3, KIND, namespace, name, spec), WorkloadEndpoint::new);
  }

  /** The endpoint of a container that no orchestrator knows; see {@link #ofPod}. */
  public static WorkloadEndpoint ofContainer(
      String namespace, String node, String containerId, String endpoint, String interfaceName) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("orchestrator", CNI);
    spec.put("node", node);
    spec.put("containerID", containerId);
    spec.put("endpoint", endpoint);
    spec.put("interfaceName", interfaceName);
    String name = nameOf(node, CNI, containerId, endpoint);
    return make(Trees.envelope(V3, KIND, namespace, name, spec), WorkloadEndpoint::new);
  }

  /**
   * Name of the document of an endpoint: four segments with dashes between, a dash inside of a
   * segment doubled.
   *
   * @param workload the pod, or the container without Kubernetes
   */
  public static String nameOf(String node, String orchestrator, String workload, String endpoint) {
    return String.join(
        "-", segment(node), segment(orchestrator), segment(workload), segment(endpoint));
  }

  public WorkloadEndpoint withContainerId(String value) {
    return with(value, "spec", "containerID");
  }

  public WorkloadEndpoint withIpNetworks(List<Cidr> value) {
    return with(value.stream().map(Cidr::toString).toList(), "spec", "ipNetworks");
  }

  /** Limits what it receives and what it sends, in Calico's field {@code qosControls}. */
  public WorkloadEndpoint withRates(Optional<Rate> receive, Optional<Rate> send) {
    Map<String, Object> controls = new LinkedHashMap<>();
    receive.ifPresent(rate -> putRate(controls, "ingress", rate));
    send.ifPresent(rate -> putRate(controls, "egress", rate));
    return controls.isEmpty() ? this : with(controls, "spec", "qosControls");
  }

  /** Prefixes of addresses that are not its own, from which it may send all the same. */
  public WorkloadEndpoint withAllowSpoofedSourcePrefixes(List<Cidr> value) {
    List<String> texts = value.stream().map(Cidr::toString).toList();
    return texts.isEmpty() ? this : with(texts, "spec", "allowSpoofedSourcePrefixes");
  }

  public WorkloadEndpoint withMac(MacAddress value) {
    return with(value.toString(), "spec", "mac");
  }

  public WorkloadEndpoint withProfiles(List<String> value) {
    return with(value, "spec", "profiles");
  }

  public WorkloadEndpoint withServiceAccountName(String value) {
    return with(value, "spec", "serviceAccountName");
  }

  public WorkloadEndpoint withLabels(Map<String, String> value) {
    return with(value, "metadata", "labels");
  }

  /** Sets an annotation; an empty value removes it. */
  public WorkloadEndpoint withAnnotation(String key, Optional<String> value) {
    Map<String, Object> annotations = metadata().annotated(key, value);
    return make(Trees.with(toMap(), annotations, "metadata", "annotations"), WorkloadEndpoint::new);
  }

  public String orchestrator() {
    return orchestrator;
  }

  public String node() {
    return node;
  }

  public Optional<String> pod() {
    return pod;
  }

  public Optional<String> containerId() {
    return containerId;
  }

  /**
   * Who holds the addresses: {@link #HANDLE_ANNOTATION}, else as Calico makes it of the network and
   * the container.
   */
  public String handle() {
    return metadata()
        .annotation(HANDLE_ANNOTATION)
        .orElseGet(() -> DEFAULT_NETWORK + "." + containerId.orElse(name()));
  }

  /** Interface inside of the workload. */
  public String endpoint() {
    return endpoint;
  }

  public Optional<String> serviceAccountName() {
    return serviceAccountName;
  }

  /** Addresses as /32 and /128. */
  public List<Cidr> ipNetworks() {
    return ipNetworks;
  }

  public Optional<InetAddress> ipv4Gateway() {
    return ipv4Gateway;
  }

  public Optional<InetAddress> ipv6Gateway() {
    return ipv6Gateway;
  }

  public List<String> profiles() {
    return profiles;
  }

  /** Interface on the host. */
  public String interfaceName() {
    return interfaceName;
  }

  /** Link-layer address of the interface inside of the workload. */
  public Optional<MacAddress> mac() {
    return mac;
  }

  /** What it may receive at most. */
  public Optional<Rate> receiveRate() {
    return receiveRate;
  }

  /** What it may send at most. */
  public Optional<Rate> sendRate() {
    return sendRate;
  }

  public List<Cidr> allowSpoofedSourcePrefixes() {
    return allowSpoofedSourcePrefixes;
  }

  private WorkloadEndpoint with(Object value, String... path) {
    return make(Trees.with(toMap(), value, path), WorkloadEndpoint::new);
  }

  /** Readers find endpoints of a node by the name's prefix, so name and fields must agree. */
  private void checkName(Fields root, Fields spec) {
    Optional<String> workload = orchestrator.equals(KUBERNETES) ? pod : containerId;
    boolean isKnown = orchestrator.equals(KUBERNETES) || orchestrator.equals(CNI);
    if (!isKnown || node.isEmpty() || endpoint.isEmpty()) {
      return;
    }
    if (workload.isEmpty()) {
      spec.problem(orchestrator.equals(KUBERNETES) ? "pod" : "containerID", "not empty");
      return;
    }
    try {
      String expected = nameOf(node, orchestrator, workload.get(), endpoint);
      if (!name().isEmpty() && !name().equals(expected)) {
        root.object("metadata").problem("name", expected);
      }
    } catch (IllegalArgumentException e) {
      spec.problem("node", String.join(" ", node, workload.get(), endpoint), "no dash at an end");
    }
  }

  /** Of {@code qosControls} only bandwidth and burst, in bits, have an effect. */
  private static Optional<Rate> rate(Fields spec, String direction) {
    Fields controls = spec.object("qosControls");
    Optional<Long> bits = controls.number(direction + "Bandwidth", 1000, 1_000_000_000_000_000L);
    Optional<Long> burst = controls.number(direction + "Burst", 0, Long.MAX_VALUE);
    for (String kept :
        List.of("Peakrate", "Minburst", "PacketRate", "PacketBurst", "MaxConnections")) {
      controls.any(direction + kept);
    }
    controls.any("dscp");
    return bits.map(b -> burst.map(u -> Rate.of(b, u)).orElseGet(() -> Rate.of(b)));
  }

  private static void putRate(Map<String, Object> controls, String direction, Rate rate) {
    controls.put(direction + "Bandwidth", rate.bitsPerSecond());
    controls.put(direction + "Burst", 8 * rate.burstBytes());
  }

  private static String segment(String text) {
    if (text.isEmpty() || text.startsWith("-") || text.endsWith("-")) {
      throw new IllegalArgumentException(
          "segment of an endpoint's name: " + text + " (expected: no dash at either end)");
    }
    return text.replace("-", "--");
  }

  private static Cidr host(String text) {
    Cidr cidr = text.indexOf('/') < 0 ? Cidr.host(Ip.parse(text)) : Cidr.parse(text);
    if (!cidr.isHost()) {
      throw new IllegalArgumentException(
          "ipNetworks: " + text + " (expected: one address, /32 or /128)");
    }
    return cidr;
  }
}
