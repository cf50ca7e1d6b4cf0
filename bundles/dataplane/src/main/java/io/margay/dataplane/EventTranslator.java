// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.netlink.AddressMessage;
import io.margay.netlink.Event;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.Message;
import io.margay.netlink.NeighbourMessage;
import io.margay.netlink.NetconfMessage;
import io.margay.netlink.RouteMessage;

/** Tells of the kernel's events in terms of objects and links. */
final class EventTranslator {
  private final LinkTable links;
  private final Decoder decoder;

  EventTranslator(LinkTable links, Decoder decoder) {
    this.links = links;
    this.decoder = decoder;
  }

  void tell(Event.Changed event, Kernel.Sink sink) {
    Message message = event.message();
    if (message instanceof LinkMessage link) {
      link(link, event.deleted(), sink);
    } else if (message instanceof NetconfMessage netconf) {
      sink.sysctls(scope(netconf.index()));
    } else {
      object(event, sink);
    }
  }

  private void link(LinkMessage link, boolean deleted, Kernel.Sink sink) {
    if (link.family() != Message.AF_UNSPEC) {
      return; // a bridge port's own view of itself
    }
    boolean underlay = links.isUnderlay(link.index());
    if (deleted) {
      links.remove(link.index(), sink::link);
    } else {
      links.changed(link, sink::link);
    }
    if (underlay) {
      sink.underlay();
    }
  }

  /** The directory of the settings that changed: a link's, or one of the two for all. */
  private String scope(int index) {
    if (index > 0) {
      return links.name(index);
    }
    return index == NetconfMessage.NETCONFA_IFINDEX_ALL ? "all" : "default";
  }

  private void object(Event.Changed event, Kernel.Sink sink) {
    Message message = event.message();
    // A neighbour that is permanent no longer is none of ours.
    boolean faded = message instanceof NeighbourMessage n && !n.isPermanent();
    boolean gone = event.deleted() || faded;
    boolean byKernel = event.sender() == 0;
    decoder.decode(message).ifPresent(found -> sink.object(found, gone, byKernel));
    if (message instanceof AddressMessage address) {
      links.setAddress(address.index(), address.address(), !gone);
      if (!address.address().isLinkLocalAddress() && !links.isOurs(address.index())) {
        sink.underlay();
      }
    } else if (message instanceof RouteMessage route && isUnderlay(route)) {
      sink.underlay();
    }
  }

  private boolean isUnderlay(RouteMessage route) {
    return route.table() == RouteMessage.RT_TABLE_MAIN
        && route.protocol() != RouteMessage.RTPROT_KERNEL
        && !route.destination().isLinkLocalAddress()
        && decoder.decode(route).filter(found -> !found.ours()).isPresent();
  }
}
