// SPDX-License-Identifier: Apache-2.0
package io.margay.tools;

import io.margay.api.dataplane.Rule;
import io.margay.netlink.AddressMessage;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.Message;
import io.margay.netlink.NeighbourMessage;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Request;
import io.margay.netlink.TrafficMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Finds kernel objects by the marks that the dataplane gives them; see its README. */
final class Leftovers {
  /** In the order in which they are removed. */
  enum Kind {
    LINK,
    /** BPF programs on links of others, attached as in kernels without TCX. */
    FILTER,
    RULE,
    ROUTE,
    ADDRESS,
    NEIGHBOUR
  }

  /** What removes an object, and how to show it. */
  record Item(Request removal, String text) {}

  /** Alias of a link that a mode declared. */
  private static final Pattern OWNER =
      Pattern.compile("host|local|external|(workload|mode|pool|probe)/[^\\s/]+");

  /** Every pod's link has it on the node's side. */
  private static final String POD_LINK_MAC = "ee:ee:ee:ee:ee:ee";

  /** Made by its module, and kept by the kernel when it is deleted; net/ipv4/ipip.c. */
  private static final String FALLBACK_LINK = "tunl0";

  private static final String FILTER_PREFIX = "margay/";

  private Leftovers() {}

  static List<Item> find(NetlinkSocket socket, Kind kind, int protocol) throws NetlinkException {
    Map<Integer, String> names = new HashMap<>();
    List<LinkMessage> links = socket.links();
    links.forEach(link -> names.put(link.index(), link.name()));
    return switch (kind) {
      case LINK -> items(links, Leftovers::isOurs, names);
      case FILTER -> items(filters(socket), Leftovers::isOurs, names);
      case RULE ->
          items(
              socket.rules(Message.AF_UNSPEC),
              rule ->
                  rule.priority() >= Rule.FIRST_PRIORITY && rule.priority() <= Rule.LAST_PRIORITY,
              names);
      case ROUTE ->
          items(socket.routes(Message.AF_UNSPEC), route -> route.protocol() == protocol, names);
      case ADDRESS ->
          items(
              socket.addresses(Message.AF_UNSPEC),
              address -> address.attributes().u8(AddressMessage.IFA_PROTO).orElse(0) == protocol,
              names);
      case NEIGHBOUR ->
          items(
              socket.neighbours(Message.AF_UNSPEC),
              neighbour ->
                  neighbour.attributes().u8(NeighbourMessage.NDA_PROTOCOL).orElse(0) == protocol,
              names);
    };
  }

  private static List<TrafficMessage> filters(NetlinkSocket socket) throws NetlinkException {
    List<TrafficMessage> filters = new ArrayList<>();
    for (TrafficMessage qdisc : socket.qdiscs()) {
      if (qdisc.kind().equals("clsact")) {
        filters.addAll(socket.filters(qdisc.index(), TrafficMessage.INGRESS));
        filters.addAll(socket.filters(qdisc.index(), TrafficMessage.EGRESS));
      }
    }
    return filters;
  }

  private static boolean isOurs(TrafficMessage filter) {
    return filter.programName().filter(name -> name.startsWith(FILTER_PREFIX)).isPresent();
  }

  private static boolean isOurs(LinkMessage link) {
    Optional<String> alias = link.alias();
    boolean isPods =
        link.kind().equals(Optional.of("veth"))
            && link.address().map(Object::toString).equals(Optional.of(POD_LINK_MAC));
    return alias.isPresent() && (isPods || OWNER.matcher(alias.get()).matches());
  }

  private static Request removal(Message message) {
    if (!(message instanceof LinkMessage found)) {
      return Request.delete(message);
    }
    // Not the attributes that the kernel told us: it refuses them in a deletion.
    LinkMessage link = LinkMessage.at(found.index());
    return found.name().equals(FALLBACK_LINK) && found.kind().equals(Optional.of("ipip"))
        ? Request.change(link.withAlias("").withUp(false))
        : Request.delete(link);
  }

  private static <T extends Message> List<Item> items(
      List<T> all, Predicate<T> isOurs, Map<Integer, String> names) {
    return all.stream()
        .filter(isOurs)
        .map(m -> new Item(removal(m), m.noun() + " " + m.describe(names::get)))
        .toList();
  }
}
