// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.MacAddress;
import io.margay.api.net.Rate;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A pod's attachment to the node, as asked for by the container runtime.
 *
 * @param handle who holds the addresses; becomes the alias of the host link
 * @param hostLink name of the host's end, see {@link #hostLinkName}
 * @param namespace the pod's network namespace, a file such as {@code /run/netns/x}
 * @param podLink name of the pod's end, such as {@code eth0}
 * @param addresses one or more pod addresses, at most a few of each family
 * @param podMac fixed MAC of the pod's end; empty lets the kernel choose
 * @param sendRate what the pod may send at most
 */
public record Workload(
    String handle,
    String hostLink,
    Path namespace,
    String podLink,
    List<InetAddress> addresses,
    int mtuBytes,
    Optional<MacAddress> podMac,
    Optional<Rate> sendRate) {
  /** MAC of every host end, as Calico's. */
  public static final MacAddress HOST_MAC = MacAddress.parse("ee:ee:ee:ee:ee:ee");

  public Workload {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException(
          "workload " + handle + ": no address (expected: at least one)");
    }
  }

  /** An attachment whose pod sends as much as it can. */
  public Workload(
      String handle,
      String hostLink,
      Path namespace,
      String podLink,
      List<InetAddress> addresses,
      int mtuBytes,
      Optional<MacAddress> podMac) {
    this(handle, hostLink, namespace, podLink, addresses, mtuBytes, podMac, Optional.empty());
  }

  /** The same attachment with a limit of what the pod sends. */
  public Workload withSendRate(Optional<Rate> rate) {
    return new Workload(handle, hostLink, namespace, podLink, addresses, mtuBytes, podMac, rate);
  }

  /** The same attachment with a fixed MAC of the pod's end. */
  public Workload withPodMac(MacAddress mac) {
    return new Workload(
        handle, hostLink, namespace, podLink, addresses, mtuBytes, Optional.of(mac), sendRate);
  }

  /**
   * Name of the host's end: the prefix and 11 hex digits of SHA-1 over {@code
   * network.container.ifname}.
   */
  public static String hostLinkName(
      String prefix, String network, String containerId, String ifname) {
    String id = network + "." + containerId + "." + ifname;
    try {
      byte[] hash = MessageDigest.getInstance("SHA-1").digest(id.getBytes(StandardCharsets.UTF_8));
      return prefix + HexFormat.of().formatHex(hash).substring(0, 11);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-1 is part of every JDK", e);
    }
  }
}
