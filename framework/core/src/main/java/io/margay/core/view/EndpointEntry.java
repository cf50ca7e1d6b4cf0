// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.Cidr;
import io.margay.api.net.MacAddress;
import io.margay.api.net.Rate;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What planners need of a WorkloadEndpoint of this node.
 *
 * @param handle who holds its addresses; the alias of its link
 * @param link name of the host's end
 * @param mac of the pod's end
 * @param otherSources prefixes from which it may send beside its addresses, if the cluster allows
 *     that
 * @param receiveRate what it may receive at most
 * @param podEnd where the pod's end is; empty when its MTU is not ours to change
 * @param pod the pod, {@code namespace/name}, or the container that is none; for people
 */
public record EndpointEntry(
    String handle,
    String link,
    Optional<MacAddress> mac,
    List<InetAddress> addresses,
    List<Cidr> otherSources,
    Optional<Rate> receiveRate,
    Optional<PodEnd> podEnd,
    Optional<String> pod) {
  /**
   * The end of the link inside the pod.
   *
   * @param namespace the pod's network namespace, a file
   * @param link name there, such as {@code eth0}
   */
  public record PodEnd(Path namespace, String link) {}

  public EndpointEntry {
    addresses = List.copyOf(addresses);
    otherSources = List.copyOf(otherSources);
  }

  /** An endpoint without limit that sends from its own addresses. */
  public EndpointEntry(
      String handle,
      String link,
      Optional<MacAddress> mac,
      List<InetAddress> addresses,
      Optional<PodEnd> podEnd) {
    this(handle, link, mac, addresses, List.of(), Optional.empty(), podEnd);
  }

  /** An endpoint whose pod is not known. */
  public EndpointEntry(
      String handle,
      String link,
      Optional<MacAddress> mac,
      List<InetAddress> addresses,
      List<Cidr> otherSources,
      Optional<Rate> receiveRate,
      Optional<PodEnd> podEnd) {
    this(handle, link, mac, addresses, otherSources, receiveRate, podEnd, Optional.empty());
  }
}
