// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The slots of one kind by the link that their objects go over. A pod's link comes and goes with
 * half a dozen events, which must not cost a walk over 100,000 routes each.
 *
 * <p>The lists hang on the slots themselves, so that an entry costs two references.
 */
final class LinkIndex {
  /**
   * In place of a link: several, any, another declared than found; all of the kinds that are few.
   */
  private static final String SEVERAL = "";

  private final Map<String, Members> lists = new HashMap<>();

  /** The slots of one link. */
  static final class Members {
    private final String link;
    private Slot first;

    private Members(String link) {
      this.link = link;
    }
  }

  /** Takes in what has changed of a slot. */
  void update(Slot slot) {
    String link = link(slot);
    if (!Objects.equals(link, slot.members == null ? null : slot.members.link)) {
      remove(slot);
      add(slot, link);
    }
  }

  /** Slots whose object, declared or actual, goes over the link. */
  List<Slot> over(String link) {
    List<Slot> found = new ArrayList<>();
    for (String list : List.of(link, SEVERAL)) {
      Members members = lists.get(list);
      for (Slot slot = members == null ? null : members.first; slot != null; slot = slot.next) {
        if (Slots.uses(slot.desired, link) || Slots.uses(slot.actual, link)) {
          found.add(slot);
        }
      }
    }
    return found;
  }

  private void add(Slot slot, String link) {
    if (link == null) {
      return;
    }
    Members members = lists.computeIfAbsent(link, Members::new);
    slot.members = members;
    slot.next = members.first;
    if (slot.next != null) {
      slot.next.previous = slot;
    }
    members.first = slot;
  }

  private void remove(Slot slot) {
    Members members = slot.members;
    if (members == null) {
      return;
    }
    if (slot.next != null) {
      slot.next.previous = slot.previous;
    }
    if (slot.previous != null) {
      slot.previous.next = slot.next;
    } else {
      members.first = slot.next;
    }
    if (members.first == null) {
      lists.remove(members.link);
    }
    slot.members = null;
    slot.next = null;
    slot.previous = null;
  }

  /** Null when no link matters to the slot. */
  private static String link(Slot slot) {
    String declared = slot.desired == null ? null : link(slot.desired);
    if (slot.actual == null || slot.actual == slot.desired) {
      return declared;
    }
    String found = link(slot.actual);
    return slot.desired == null || Objects.equals(found, declared) ? found : SEVERAL;
  }

  /** Of the kinds that are many; the others may go over any link. */
  private static String link(KernelObject object) {
    return switch (object.kind()) {
      case ROUTE -> link(((Route) object).nextHops());
      case SYSCTL ->
          object instanceof Sysctl sysctl ? link(sysctl) : Slots.link(object).orElseThrow();
      case ADDRESS, NEIGHBOUR, FDB -> Slots.link(object).orElseThrow();
      default -> SEVERAL;
    };
  }

  private static String link(List<NextHop> hops) {
    if (hops.isEmpty()) {
      return null;
    }
    return hops.size() == 1 ? hops.get(0).link().orElse(SEVERAL) : SEVERAL;
  }

  /** {@code net/ipv4/conf/LINK/rp_filter}; of another path this is no link's name. */
  private static String link(Sysctl sysctl) {
    String[] names = sysctl.path().split("/");
    return names[names.length - 2];
  }
}
