// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.dataplane.Workload;
import io.margay.api.net.Cidr;
import io.margay.api.net.MacAddress;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.cni.CniException.Code;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * WorkloadEndpoint documents of the attachments of one node. A document carries what DEL, CHECK and
 * a restarted agent need to know of the workload.
 */
final class Endpoints {
  /** Who holds the addresses; also the alias of the host link. */
  static final String HANDLE = "margay.io/handle";

  static final String NETWORK = "margay.io/network";
  static final String NETNS = "margay.io/netns";

  /** MTU that the network configuration asks for; without it the link follows the node's. */
  static final String MTU = "margay.io/mtu";

  private final Store store;
  private final String node;

  Endpoints(Store store, String node) {
    this.store = store;
    this.node = node;
  }

  /** A document and where it was found. */
  record Found(WorkloadEndpoint endpoint, Entry entry) {}

  /** The document for an ADD, but for its addresses. */
  static WorkloadEndpoint of(Request request, String node, String hostLink) throws CniException {
    int mtuBytes = request.conf().mtuBytes();
    Attachment attachment = request.attachment();
    Optional<Pod> pod = Pod.of(request.args());
    Map<String, String> labels = new HashMap<>(request.conf().pod().labels());
    labels.put("projectcalico.org/namespace", Pod.namespace(request.args()));
    labels.put(
        "projectcalico.org/orchestrator",
        pod.isPresent() ? WorkloadEndpoint.KUBERNETES : WorkloadEndpoint.CNI);
    MacAddress mac = request.conf().pod().mac().orElseGet(() -> mac(attachment));
    try {
      return bare(attachment, pod, node, hostLink)
          .withContainerId(attachment.container())
          .withMac(mac)
          .withLabels(labels)
          .withRates(
              request.conf().pod().bandwidth().receive(), request.conf().pod().bandwidth().send())
          .withAllowSpoofedSourcePrefixes(request.conf().pod().otherSources())
          .withProfiles(pod.map(p -> List.of("kns." + p.namespace())).orElse(List.of()))
          .withAnnotation(HANDLE, Optional.of(attachment.handle()))
          .withAnnotation(NETWORK, Optional.of(attachment.network()))
          .withAnnotation(NETNS, request.namespace().map(Path::toString))
          .withAnnotation(
              MTU, Optional.of(Integer.toString(mtuBytes)).filter(text -> mtuBytes > 0));
    } catch (IllegalArgumentException e) {
      throw new CniException(
          Code.INVALID_ENVIRONMENT,
          "CNI_CONTAINERID, CNI_IFNAME or CNI_ARGS: " + e.getMessage(),
          e);
    }
  }

  /**
   * What the kernel must have for an endpoint.
   *
   * @param nodeMtuBytes MTU of pods that ask for none
   * @throws CniException the document is not as ADD wrote it
   */
  static Workload workload(WorkloadEndpoint endpoint, int nodeMtuBytes) throws CniException {
    Optional<String> mtuBytes = endpoint.metadata().annotation(MTU);
    List<InetAddress> addresses = endpoint.ipNetworks().stream().map(Cidr::network).toList();
    try {
      return new Workload(
          annotation(endpoint, HANDLE),
          endpoint.interfaceName(),
          Path.of(annotation(endpoint, NETNS)),
          endpoint.endpoint(),
          addresses,
          mtuBytes.isPresent() ? Integer.parseInt(mtuBytes.get()) : nodeMtuBytes,
          endpoint.mac(),
          endpoint.sendRate());
    } catch (IllegalArgumentException e) {
      throw new CniException(Code.CHECK_FAILED, endpoint.key() + ": " + e.getMessage(), e);
    }
  }

  /**
   * The document of an attachment. Under a pod's name another container's may stand, because a pod
   * that is created anew keeps its name: that one is not found.
   */
  Optional<Found> find(Attachment attachment, Optional<Pod> pod) throws StoreException {
    Optional<Key> key = key(attachment, pod);
    Optional<Entry> entry = key.isPresent() ? store.get(key.get()) : Optional.empty();
    Optional<Found> found =
        entry.flatMap(Endpoints::read).filter(f -> is(f.endpoint(), attachment));
    if (found.isPresent() || pod.isPresent()) {
      return found;
    }
    // A DEL without the CNI_ARGS of its ADD: not Kubernetes, so there are few.
    return local().stream().filter(f -> is(f.endpoint(), attachment)).findFirst();
  }

  /** The document of that name; empty when there is none, or one that cannot be read. */
  Optional<Found> at(Key key) throws StoreException {
    return store.get(key).flatMap(Endpoints::read);
  }

  /** All documents of this node that an ADD wrote. */
  List<Found> local() throws StoreException {
    List<Found> local = new ArrayList<>();
    for (Entry entry : store.list(WorkloadEndpoint.KIND).entries()) {
      read(entry)
          .filter(f -> f.endpoint().node().equals(node))
          .filter(f -> f.endpoint().metadata().annotation(HANDLE).isPresent())
          .ifPresent(local::add);
    }
    return local;
  }

  /** Which attachment an endpoint describes. */
  static Attachment attachment(WorkloadEndpoint endpoint) {
    return new Attachment(
        endpoint.metadata().annotation(NETWORK).orElse(""),
        endpoint.containerId().orElse(""),
        endpoint.endpoint());
  }

  private static String annotation(WorkloadEndpoint endpoint, String key) {
    return endpoint
        .metadata()
        .annotation(key)
        .orElseThrow(() -> new IllegalArgumentException("annotation " + key + ": missing"));
  }

  private Optional<Key> key(Attachment attachment, Optional<Pod> pod) {
    try {
      return Optional.of(bare(attachment, pod, node, "unknown").key());
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // No ADD can have made it.
    }
  }

  private static WorkloadEndpoint bare(
      Attachment attachment, Optional<Pod> pod, String node, String hostLink) {
    return pod.isPresent()
        ? WorkloadEndpoint.ofPod(
            pod.get().namespace(), node, pod.get().name(), attachment.ifname(), hostLink)
        : WorkloadEndpoint.ofContainer(
            Namespace.DEFAULT, node, attachment.container(), attachment.ifname(), hostLink);
  }

  private static boolean is(WorkloadEndpoint endpoint, Attachment attachment) {
    return attachment(endpoint).equals(attachment);
  }

  /** A document that cannot be read is none of ours, or its fault was reported by its readers. */
  private static Optional<Found> read(Entry entry) {
    try {
      return Optional.of(new Found(WorkloadEndpoint.parse(entry.json()), entry));
    } catch (InvalidResourceException e) {
      return Optional.empty();
    }
  }

  /**
   * A MAC that is the same at every attempt, so that the document is complete before the link
   * exists.
   */
  private static MacAddress mac(Attachment attachment) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(attachment.toString().getBytes(StandardCharsets.UTF_8));
      byte[] mac = Arrays.copyOf(hash, 6);
      mac[0] = (byte) (mac[0] & 0xfc | 0x02); // Unicast, locally administered.
      return MacAddress.of(mac);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
