// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Change.Action;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Query;
import io.margay.api.dataplane.Route;
import io.margay.dataplane.Kernel.Found;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Answers questions by reading the kernel. Changes nothing, in the kernel or in {@link Slots}. */
final class Inspector {
  private final Kernel kernel;
  private final Slots slots;
  private final Intent intent;
  private final boolean takeover;

  Inspector(Kernel kernel, Slots slots, Intent intent, boolean takeover) {
    this.kernel = kernel;
    this.slots = slots;
    this.intent = intent;
    this.takeover = takeover;
  }

  List<Change> preview(Owner owner, DesiredState next) throws DataplaneException {
    DesiredState before = intent.declared(owner);
    List<KernelObject> gone = new ArrayList<>();
    for (KernelObject object : before.objects()) {
      Slot slot = slots.get(object.kind(), object.key());
      boolean held = slot.owner.equals(owner) && !intent.isAwaited(object.key());
      if (!next.byKey().containsKey(object.key()) && held) {
        gone.add(0, object);
      }
    }
    Map<Object, Found> found = find(next, gone);
    List<Change> changes = new ArrayList<>();
    for (KernelObject object : next.objects()) {
      change(owner, object, found.get(object.key())).ifPresent(changes::add);
    }
    for (KernelObject object : gone) {
      Found there = found.get(object.key());
      if (there != null && there.ours() && object.kind() != Kind.SYSCTL) {
        Optional<String> text = Optional.of(there.object().toString());
        changes.add(new Change(Action.REMOVE, text, Optional.empty()));
      }
    }
    return changes;
  }

  ActualState actual(Query query) throws DataplaneException {
    List<ActualState.Item> items = new ArrayList<>();
    for (Kind kind : query.kinds()) {
      kernel.read(kind, slots.keys(kind), found -> items.add(item(found)));
    }
    if (query.owner().isPresent()) {
      items.removeIf(item -> !item.owner().equals(query.owner()));
    }
    return new ActualState(items, kernel.interfaces(), kernel.lookup(query.lookups()));
  }

  Set<InetAddress> boundTo(Collection<InetAddress> addresses) throws DataplaneException {
    return kernel.boundTo(addresses);
  }

  /** Counters of every link that the owner's objects name, of its BPF maps, and of the table. */
  Map<String, Long> counters(Owner owner) throws DataplaneException {
    Set<String> links = new HashSet<>();
    List<BpfMap> maps = new ArrayList<>();
    Map<String, Long> counters = new HashMap<>();
    for (KernelObject object : intent.declared(owner).objects()) {
      Slots.link(object).ifPresent(links::add);
      if (object instanceof Link link) {
        links.add(link.name());
      } else if (object instanceof Route route) {
        route.nextHops().stream().map(NextHop::link).flatMap(Optional::stream).forEach(links::add);
      } else if (object instanceof BpfMap map && !map.counters().isEmpty()) {
        maps.add(map);
      } else if (object.kind() == Kind.NFT_TABLE) {
        counters.putAll(kernel.tableCounters());
      }
    }
    counters.putAll(kernel.counters(links));
    counters.putAll(kernel.counters(maps));
    return counters;
  }

  private Map<Object, Found> find(DesiredState next, List<KernelObject> gone)
      throws DataplaneException {
    Set<Object> keys = new HashSet<>(next.byKey().keySet());
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    next.objects().forEach(o -> kinds.add(o.kind()));
    for (KernelObject object : gone) {
      keys.add(object.key());
      kinds.add(object.kind());
    }
    Map<Object, Found> found = new HashMap<>();
    for (Kind kind : kinds) {
      kernel.read(
          kind,
          keys,
          f -> {
            Object key = f.object().key();
            if (keys.contains(key)) {
              found.putIfAbsent(key, f);
            }
          });
    }
    return found;
  }

  private Optional<Change> change(Owner owner, KernelObject object, Found found) {
    Slot known = slots.get(object.kind(), object.key());
    Optional<String> before = Optional.ofNullable(found).map(f -> Match.text(f.object(), object));
    if (known != null && known.desired != null && !known.owner.equals(owner)) {
      before = Optional.of(known.desired + " of " + known.owner);
      return Optional.of(new Change(Action.CONFLICT, before, Optional.of(object)));
    }
    Slot slot = new Slot(object.kind(), object.key(), new LinkIndex());
    slot.held = known != null && known.held;
    slot.trouble = known == null ? null : known.trouble;
    if (found != null) {
      slot.observe(found.object(), found.ours());
    }
    slot.desire(owner, object);
    if (slot.inSync()) {
      return Optional.empty();
    }
    Action action = found == null ? Action.ADD : Action.REPLACE;
    boolean conflict = slot.isConflict() && !takeover;
    return Optional.of(
        new Change(conflict ? Action.CONFLICT : action, before, Optional.of(object)));
  }

  private ActualState.Item item(Found found) {
    KernelObject object = found.object();
    Slot slot = slots.get(object.kind(), object.key());
    boolean declared = slot != null && slot.desired != null;
    Optional<Owner> owner = declared ? Optional.of(slot.owner) : Optional.empty();
    boolean ours = found.ours() || declared && slot.ours;
    return new ActualState.Item(object, owner, ours);
  }
}
