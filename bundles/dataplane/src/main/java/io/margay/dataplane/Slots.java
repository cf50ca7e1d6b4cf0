// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Offload;
import io.margay.api.dataplane.RateLimit;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Every key that somebody declares or that is ours in the kernel, and the queue of those to be
 * written. Foreign objects are not kept unless they are in conflict with a declared one.
 */
final class Slots {
  private final Map<Kind, Map<Object, Slot>> byKind = new EnumMap<>(Kind.class);
  private final Map<Kind, LinkIndex> byLink = new EnumMap<>(Kind.class);
  private final Map<Kind, List<Slot>> queue = new EnumMap<>(Kind.class);

  /** Those that the kernel refuses, oldest first. */
  private final Set<Slot> refused = new LinkedHashSet<>();

  Slots() {
    for (Kind kind : Kind.values()) {
      byKind.put(kind, new HashMap<>());
      byLink.put(kind, new LinkIndex());
      queue.put(kind, new ArrayList<>());
    }
  }

  Slot get(Kind kind, Object key) {
    return byKind.get(kind).get(key);
  }

  Slot getOrCreate(Kind kind, Object key) {
    Map<Object, Slot> slots = byKind.get(kind);
    Slot slot = slots.get(key);
    // Not computeIfAbsent: the first compiler makes a lambda that captures at the price of a
    // lookup.
    if (slot == null) {
      slot = new Slot(kind, key, byLink.get(kind));
      slots.put(key, slot);
    }
    return slot;
  }

  Collection<Slot> of(Kind kind) {
    return byKind.get(kind).values();
  }

  Collection<Object> keys(Kind kind) {
    return byKind.get(kind).keySet();
  }

  Stream<Slot> all() {
    return byKind.values().stream().flatMap(m -> m.values().stream());
  }

  Set<Slot> refused() {
    return refused;
  }

  /** Queues the slot to be brought into the declared state. */
  void touch(Slot slot) {
    if (!slot.queued) {
      slot.queued = true;
      queue.get(slot.kind).add(slot);
    }
  }

  /** Empties one kind's queue. */
  List<Slot> take(Kind kind) {
    List<Slot> taken = queue.get(kind);
    if (!taken.isEmpty()) {
      queue.put(kind, new ArrayList<>());
      taken.forEach(slot -> slot.queued = false);
    }
    return taken;
  }

  boolean anyQueued() {
    return queue.values().stream().anyMatch(list -> !list.isEmpty());
  }

  Stream<Slot> queued() {
    return queue.values().stream().flatMap(List::stream);
  }

  /** Queues everything that is not as declared, after a write of which the end is unknown. */
  void touchAll() {
    all()
        .filter(s -> s.desired == null ? s.doomed : !s.inSync() && !s.isRefused())
        .forEach(this::touch);
  }

  void clearRefusal(Slot slot) {
    if (slot.isRefused()) {
      slot.trouble.refusal = null;
      refused.remove(slot);
    }
  }

  /** Forgets the slot if nothing about it is worth remembering. */
  void prune(Slot slot) {
    if (slot.isEmpty()) {
      clearRefusal(slot);
      slot.doomed = false;
      slot.observeNothing(); // A foreign object is nothing to us without a declared one.
      byKind.get(slot.kind).remove(slot.key);
    }
  }

  /** Slots of a kind whose object, declared or actual, goes over the link. */
  List<Slot> over(Kind kind, String link) {
    return byLink.get(kind).over(link);
  }

  /** Whether the object goes over the link, or may: a gateway alone can be on any. */
  static boolean uses(KernelObject object, String link) {
    if (object instanceof Route route) {
      for (NextHop hop : route.nextHops()) {
        if (hop.link().isEmpty() || hop.link().get().equals(link)) {
          return true;
        }
      }
      return false;
    }
    if (object instanceof BpfProgram program) {
      return program.link().equals(link) || program.links().containsValue(link);
    }
    if (object instanceof Link child) {
      return child.parent().equals(Optional.of(link));
    }
    if (object instanceof Sysctl sysctl) {
      return sysctl.path().contains("/" + link + "/");
    }
    return object != null && link(object).filter(link::equals).isPresent();
  }

  /** The links that must exist before the object can. */
  static List<String> links(KernelObject object) {
    if (object instanceof Route route) {
      List<NextHop> hops = route.nextHops();
      return hops.size() == 1
          ? list(hops.get(0).link())
          : hops.stream().flatMap(hop -> hop.link().stream()).toList();
    }
    if (object instanceof Link link) {
      return link.isExternal() ? List.of(link.name()) : list(link.parent());
    }
    if (object instanceof BpfProgram program) {
      return Stream.concat(Stream.of(program.link()), program.links().values().stream()).toList();
    }
    return list(link(object));
  }

  private static List<String> list(Optional<String> value) {
    return value.isPresent() ? List.of(value.get()) : List.of();
  }

  /** The link on which the object sits, for the kinds that sit on exactly one. */
  static Optional<String> link(KernelObject object) {
    if (object instanceof Address address) {
      return Optional.of(address.link());
    }
    if (object instanceof Neighbour neighbour) {
      return Optional.of(neighbour.link());
    }
    if (object instanceof FdbEntry entry) {
      return Optional.of(entry.link());
    }
    if (object instanceof BpfProgram program) {
      return Optional.of(program.link());
    }
    if (object instanceof Offload offload) {
      return Optional.of(offload.link());
    }
    if (object instanceof RateLimit limit) {
      return Optional.of(limit.link());
    }
    return Optional.empty();
  }
}
