// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.dataplane.Kernel.LinkEvent;
import io.margay.dataplane.Kernel.LinkState;
import io.margay.netlink.LinkData;
import io.margay.netlink.LinkMessage;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/**
 * Names and indexes of the links. Netlink speaks of indexes, we of names.
 *
 * <p>A link is looked at in the kernel when its event may be late, so events may tell of a past
 * state. That a link went down, and lost what the kernel flushes then, is told by events alone:
 * {@code upByEvents} is what they told last.
 */
final class LinkTable {
  /** The forms of {@link io.margay.api.dataplane.Owner#name}, one of which is a link's alias. */
  private static final Pattern OWNER =
      Pattern.compile("host|local|external|(workload|mode|pool|probe)/[^\\s/]+");

  /**
   * A link.
   *
   * @param ours whether its alias is the name of an owner
   * @param plain whether it has no alias; a workload's link has one
   */
  private record Entry(int index, String name, boolean up, boolean ours, boolean plain) {
    static Entry of(LinkMessage message) {
      String alias = message.alias().orElse("");
      return new Entry(
          message.index(),
          message.name(),
          message.isUp(),
          OWNER.matcher(alias).matches(),
          alias.isEmpty());
    }
  }

  private final Map<Integer, Entry> byIndex = new HashMap<>();
  private final Map<String, Entry> byName = new HashMap<>();

  private final Map<Integer, Boolean> upByEvents = new HashMap<>();

  /** Addresses by link; those of the underlay's links matter. */
  private final Map<Integer, Set<InetAddress>> addresses = new HashMap<>();

  /** The attribute of IFLA_INFO_DATA in which links of this type name their parent, if they do. */
  static OptionalInt parentInfo(String type) {
    return switch (type) {
      case "vxlan" -> OptionalInt.of(LinkData.IFLA_VXLAN_LINK);
      case "ipip" -> OptionalInt.of(LinkData.IFLA_IPTUN_LINK);
      default -> OptionalInt.empty();
    };
  }

  /** The name of the link over which this one's packets go; empty when it is bound to none. */
  Optional<String> parent(LinkMessage message) {
    OptionalInt own = message.kind().map(LinkTable::parentInfo).orElse(OptionalInt.empty());
    OptionalInt index = own.isPresent() ? message.data().u32(own.getAsInt()) : message.lower();
    // Of a link in another namespace the index means nothing here.
    boolean elsewhere = message.attributes().u32(LinkMessage.IFLA_LINK_NETNSID).isPresent();
    return index.isEmpty() || index.getAsInt() == 0 || elsewhere
        ? Optional.empty()
        : Optional.of(name(index.getAsInt()));
  }

  static boolean isOwner(String alias) {
    return OWNER.matcher(alias).matches();
  }

  /** Takes over a whole dump. */
  void read(List<LinkMessage> links, BiConsumer<String, LinkEvent> events) {
    Set<Integer> gone = new HashSet<>(byIndex.keySet());
    links.forEach(l -> gone.remove(l.index()));
    gone.forEach(index -> remove(index, events));
    links.forEach(l -> look(l, events));
    if (upByEvents.isEmpty()) {
      links.forEach(l -> upByEvents.put(l.index(), l.isUp()));
    }
  }

  /** After events were lost, the next dump tells what they would have told. */
  void forgetEvents() {
    upByEvents.clear();
  }

  /** Takes over what the kernel says now. */
  void look(LinkMessage message, BiConsumer<String, LinkEvent> events) {
    Optional<Entry> before = put(message, events);
    boolean wasUp = before.isPresent() && before.get().up();
    if (!wasUp && message.isUp()) {
      events.accept(message.name(), LinkEvent.UP);
    }
  }

  /** Takes over what an event tells. */
  void changed(LinkMessage message, BiConsumer<String, LinkEvent> events) {
    put(message, events);
    Boolean before = upByEvents.put(message.index(), message.isUp());
    boolean wasUp = before != null && before;
    if (wasUp == message.isUp()) {
      events.accept(message.name(), LinkEvent.CHANGED);
    } else {
      events.accept(message.name(), message.isUp() ? LinkEvent.UP : LinkEvent.DOWN);
    }
  }

  /** Returns what was known under this index and name. */
  private Optional<Entry> put(LinkMessage message, BiConsumer<String, LinkEvent> events) {
    Entry now = Entry.of(message);
    Entry namesake = byName.get(now.name());
    if (namesake != null && namesake.index() != now.index()) {
      remove(namesake.index(), events); // It is gone, though its event has not come yet.
    }
    Entry before = byIndex.get(now.index());
    if (before != null && !before.name().equals(now.name())) {
      forget(before);
      events.accept(before.name(), LinkEvent.VANISHED);
      before = null;
    }
    byIndex.put(now.index(), now);
    byName.put(now.name(), now);
    if (before == null) {
      events.accept(now.name(), LinkEvent.APPEARED);
    }
    return Optional.ofNullable(before);
  }

  void remove(int index, BiConsumer<String, LinkEvent> events) {
    upByEvents.remove(index);
    Entry gone = byIndex.get(index);
    if (gone != null) {
      forget(gone);
      addresses.remove(index);
      events.accept(gone.name(), LinkEvent.VANISHED);
    }
  }

  private void forget(Entry entry) {
    byIndex.remove(entry.index());
    byName.remove(entry.name());
  }

  Optional<LinkState> state(String name) {
    return Optional.ofNullable(byName.get(name)).map(e -> new LinkState(e.index(), e.up()));
  }

  OptionalInt index(String name) {
    Entry entry = byName.get(name);
    return entry == null ? OptionalInt.empty() : OptionalInt.of(entry.index());
  }

  String name(int index) {
    Entry entry = byIndex.get(index);
    return entry == null ? "if" + index : entry.name();
  }

  boolean isOurs(int index) {
    Entry entry = byIndex.get(index);
    return entry != null && entry.ours();
  }

  void setAddress(int index, InetAddress address, boolean present) {
    Set<InetAddress> ofLink = addresses.computeIfAbsent(index, i -> new HashSet<>());
    if (present) {
      ofLink.add(address);
    } else {
      ofLink.remove(address);
    }
  }

  void clearAddresses() {
    addresses.clear();
  }

  /** Whether traffic between nodes may use the link: it has an address and no owner's mark. */
  boolean isUnderlay(int index) {
    Entry entry = byIndex.get(index);
    boolean addressed = !addresses.getOrDefault(index, Set.of()).isEmpty();
    return addressed && (entry == null || entry.plain());
  }
}
