// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.dataplane.Kernel.LinkEvent;
import io.margay.dataplane.Kernel.LinkState;
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

/** Names and indexes of the links, kept true by events. Netlink speaks of indexes, we of names. */
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
  private record Entry(
      int index, String name, boolean up, boolean running, boolean ours, boolean plain, int mtu) {
    static Entry of(LinkMessage message) {
      String alias = message.alias().orElse("");
      return new Entry(
          message.index(),
          message.name(),
          message.isUp(),
          message.isRunning(),
          OWNER.matcher(alias).matches(),
          alias.isEmpty(),
          message.mtuBytes().orElse(0));
    }
  }

  private final Map<Integer, Entry> byIndex = new HashMap<>();
  private final Map<String, Entry> byName = new HashMap<>();

  /** Addresses by link; those of the underlay's links matter. */
  private final Map<Integer, Set<InetAddress>> addresses = new HashMap<>();

  static boolean isOwner(String alias) {
    return OWNER.matcher(alias).matches();
  }

  /** Takes over a whole dump; what differs from before counts as events. */
  void replace(List<LinkMessage> links, BiConsumer<String, LinkEvent> events) {
    Set<Integer> gone = new HashSet<>(byIndex.keySet());
    links.forEach(l -> gone.remove(l.index()));
    gone.forEach(index -> remove(index, events));
    links.forEach(l -> update(l, events));
  }

  void update(LinkMessage message, BiConsumer<String, LinkEvent> events) {
    Entry now = Entry.of(message);
    Entry before = byIndex.get(now.index());
    if (now.equals(before)) {
      events.accept(now.name(), LinkEvent.CHANGED);
      return;
    }
    boolean renamed = before != null && !before.name().equals(now.name());
    if (renamed) {
      forget(before);
      events.accept(before.name(), LinkEvent.VANISHED);
    }
    byIndex.put(now.index(), now);
    byName.put(now.name(), now);
    if (before == null || renamed) {
      events.accept(now.name(), LinkEvent.APPEARED);
    }
    boolean wasUp = before != null && before.up();
    if (wasUp != now.up()) {
      events.accept(now.name(), now.up() ? LinkEvent.UP : LinkEvent.DOWN);
    } else {
      events.accept(now.name(), LinkEvent.CHANGED);
    }
  }

  void remove(int index, BiConsumer<String, LinkEvent> events) {
    Entry gone = byIndex.get(index);
    if (gone != null) {
      forget(gone);
      addresses.remove(index);
      events.accept(gone.name(), LinkEvent.VANISHED);
    }
  }

  private void forget(Entry entry) {
    byIndex.remove(entry.index());
    // The name may already be that of a newer link.
    byName.remove(entry.name(), entry);
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
