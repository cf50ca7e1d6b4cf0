// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Workload;
import io.margay.netlink.LinkData;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.Lladdr;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Netns;
import io.margay.netlink.Request;
import io.margay.netlink.Sysctl;
import java.io.IOException;
import java.net.Inet6Address;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The node's end of a workload's veth pair. */
final class HostEnd {
  private static final Lladdr MAC = Lladdr.of(Workload.HOST_MAC.bytes());

  private final Workload workload;
  private final NetlinkSocket node;

  HostEnd(Workload workload, NetlinkSocket node) {
    this.workload = workload;
    this.node = node;
  }

  /** The link, if there is one; fails if it is somebody else's. */
  Optional<LinkMessage> find() throws DataplaneException, NetlinkException {
    Optional<LinkMessage> link = node.link(workload.hostLink());
    if (link.isPresent() && !link.get().alias().equals(Optional.of(workload.handle()))) {
      String alias = link.get().alias().map(a -> "alias " + a).orElse("no alias");
      throw new DataplaneException(
          "attach %s: link %s: EEXIST (has %s)"
              .formatted(workload.handle(), workload.hostLink(), alias),
          "EEXIST");
    }
    return link;
  }

  boolean isPairOf(LinkMessage host, LinkMessage pod) {
    return host.lower().orElse(0) == pod.index() && pod.lower().orElse(0) == host.index();
  }

  /**
   * Makes the pair, the other end inside the pod's namespace. The alias goes in the same system
   * call, so an agent that is killed leaves either nothing or a link that {@link #of} finds.
   */
  void create(Netns pod) throws DataplaneException, NetlinkException {
    LinkMessage peer = PodEnd.link(workload).withNetns(pod.fd());
    LinkMessage pair =
        LinkMessage.of(workload.hostLink(), "veth", LinkData.veth(peer))
            .withMtu(workload.mtuBytes())
            .withAddress(MAC);
    LinkMessage alias = LinkMessage.named(workload.hostLink()).withAlias(workload.handle());
    List<Optional<NetlinkException>> refusals =
        node.batch(List.of(Request.add(pair), Request.change(alias)));
    if (refusals.get(0).isPresent()) {
      NetlinkException refusal = refusals.get(0).get();
      // There was no host link of this name, so it is the pod that has one.
      if (refusal.errno().equals("EEXIST")) {
        throw PodEnd.exists(workload);
      }
      throw refusal;
    }
    if (refusals.get(1).isPresent()) {
      deleteAfter(refusals.get(1).get());
      throw refusals.get(1).get();
    }
  }

  /**
   * Sets the new link up, or repairs the one that was found. What is right is not touched: to set a
   * link's address, even to what it is, drops its permanent neighbours (neigh_changeaddr).
   */
  void configure(Optional<LinkMessage> found) throws NetlinkException, IOException {
    if (workload.addresses().stream().anyMatch(Inet6Address.class::isInstance)) {
      // Before it is up: its link-local address is the pod's gateway and must not wait for DAD.
      String conf = "net/ipv6/conf/" + workload.hostLink() + "/";
      Sysctl.write(conf + "disable_ipv6", "0");
      Sysctl.write(conf + "accept_dad", "0");
    }
    LinkMessage link = LinkMessage.named(workload.hostLink()).withUp(true);
    if (found.isPresent() && found.get().mtuBytes().orElse(0) != workload.mtuBytes()) {
      link = link.withMtu(workload.mtuBytes());
    }
    if (found.isPresent() && !found.get().address().equals(Optional.of(MAC))) {
      link = link.withAddress(MAC);
    }
    node.execute(Request.change(link));
  }

  /** What differs from what {@link #create} and {@link #configure} make. */
  Optional<String> difference(LinkMessage link) {
    String name = "link " + link.name();
    if (!link.isUp()) {
      return Optional.of(name + " is down");
    }
    if (link.mtuBytes().orElse(0) != workload.mtuBytes()) {
      return Optional.of(
          "%s has mtu %d (expected: %d)"
              .formatted(name, link.mtuBytes().orElse(0), workload.mtuBytes()));
    }
    return link.address().equals(Optional.of(MAC))
        ? Optional.empty()
        : Optional.of("%s has not the address %s".formatted(name, MAC));
  }

  /** Removes the link, and with it the pod's end. */
  void delete() throws NetlinkException {
    delete(node, LinkMessage.named(workload.hostLink()));
  }

  /** Removes the link because of a failure, which stays the one that is reported. */
  void deleteAfter(Exception failure) {
    try {
      delete();
    } catch (NetlinkException e) {
      failure.addSuppressed(e);
    }
  }

  /** Every link of the handle; one, unless somebody gave its alias to another veth. */
  static List<LinkMessage> of(NetlinkSocket node, String handle) throws NetlinkException {
    return node.links().stream().filter(link -> isOf(link, handle)).toList();
  }

  /** Whether a link is the host end of the handle. */
  static boolean isOf(LinkMessage link, String handle) {
    return isVeth(link) && link.alias().equals(Optional.of(handle));
  }

  /** Names of the links by handle. */
  static Map<String, String> attached(NetlinkSocket node) throws NetlinkException {
    Map<String, String> names = new TreeMap<>();
    for (LinkMessage link : node.links()) {
      // Who acts on this list must not meet the veth of somebody else who likes aliases.
      if (isVeth(link) && link.address().equals(Optional.of(MAC))) {
        link.alias().ifPresent(handle -> names.put(handle, link.name()));
      }
    }
    return names;
  }

  private static boolean isVeth(LinkMessage link) {
    return link.kind().equals(Optional.of("veth"));
  }

  /** Removes a link, if it is there. */
  static void delete(NetlinkSocket node, LinkMessage link) throws NetlinkException {
    try {
      node.execute(Request.delete(link));
    } catch (NetlinkException e) {
      // It went with the pod's namespace meanwhile.
      if (!e.errno().equals("ENODEV")) {
        throw e;
      }
    }
  }
}
