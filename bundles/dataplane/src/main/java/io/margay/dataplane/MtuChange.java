// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Workload;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.Message;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Request;
import io.margay.netlink.RouteMessage;
import java.util.List;
import java.util.OptionalInt;

/**
 * Another MTU for a veth pair in use. A veth drops silently what is larger than the MTU of the end
 * where it arrives, so the pod is told first to send nothing larger than both ends take, by its
 * default routes; the end that sends less from now on comes before the one that takes less.
 */
final class MtuChange {
  /** Marks a route whose MTU is ours, so that one set by somebody else is not lifted. */
  private static final int LIMITED = 80;

  private final Workload workload;
  private final NetlinkSocket node;
  private final NetlinkSocket pod;

  MtuChange(Workload workload, NetlinkSocket node, NetlinkSocket pod) {
    this.workload = workload;
    this.node = node;
    this.pod = pod;
  }

  /** Returns whether a link had another MTU. */
  boolean apply(int sendMtuBytes) throws DataplaneException, NetlinkException {
    int mtuBytes = workload.mtuBytes();
    HostEnd hostEnd = new HostEnd(workload, node);
    LinkMessage outside = hostEnd.find().orElseThrow(this::noLink);
    LinkMessage inside =
        pod.link(workload.podLink())
            .filter(link -> hostEnd.isPairOf(outside, link))
            .orElseThrow(this::noLink);
    List<RouteMessage> defaults = PodEnd.defaultRoutes(pod, inside.index());
    boolean isLimited = sendMtuBytes < mtuBytes;
    boolean isChange = !hasMtu(outside) || !hasMtu(inside);
    if (isLimited || isChange) {
      limit(defaults, sendMtuBytes);
    }
    if (outside.mtuBytes().orElse(0) > mtuBytes) {
      resize(node, outside);
      resize(pod, inside);
    } else {
      resize(pod, inside);
      resize(node, outside);
    }
    if (!isLimited) {
      lift(PodEnd.defaultRoutes(pod, inside.index()));
    }
    return isChange;
  }

  private void limit(List<RouteMessage> routes, int mtuBytes) throws NetlinkException {
    for (RouteMessage route : routes) {
      OptionalInt now = route.mtuBytes();
      boolean isOthers = route.protocol() != LIMITED && now.isPresent();
      if (isOthers ? now.getAsInt() > mtuBytes : now.orElse(0) != mtuBytes) {
        RouteMessage limited = bare(route).withProtocol(LIMITED);
        // IPv6 takes an MTU that equals the device's along with that (rt6_mtu_change_route); IPv4
        // does not, and would let packets be fragmented.
        pod.execute(
            Request.replace(
                route.family() == Message.AF_INET6
                    ? limited.withLockedMtu(mtuBytes)
                    : limited.withMtu(mtuBytes)));
      }
    }
  }

  private void lift(List<RouteMessage> routes) throws NetlinkException {
    for (RouteMessage route : routes) {
      if (route.protocol() == LIMITED) {
        pod.execute(Request.replace(bare(route).withProtocol(RouteMessage.RTPROT_BOOT)));
      }
    }
  }

  /** As {@link PodEnd} makes it. */
  private static RouteMessage bare(RouteMessage route) {
    RouteMessage bare =
        RouteMessage.to(route.destination(), route.destinationLength())
            .withGateway(route.gateway().orElseThrow())
            .withDevice(route.device().orElseThrow());
    return route.metric() == 0 ? bare : bare.withMetric(route.metric());
  }

  private void resize(NetlinkSocket where, LinkMessage link) throws NetlinkException {
    if (!hasMtu(link)) {
      where.execute(Request.change(LinkMessage.at(link.index()).withMtu(workload.mtuBytes())));
    }
  }

  private boolean hasMtu(LinkMessage link) {
    return link.mtuBytes().orElse(0) == workload.mtuBytes();
  }

  private DataplaneException noLink() {
    return new DataplaneException(
        "resize %s: no pair of links %s and %s in %s: ENODEV"
            .formatted(
                workload.handle(), workload.hostLink(), workload.podLink(), workload.namespace()),
        "ENODEV");
  }
}
