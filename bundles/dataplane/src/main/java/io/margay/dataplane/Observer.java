// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.dataplane.Kernel.Found;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@link Slots} true to the kernel: by reading whole tables, and by events in between.
 *
 * <p>Routes are followed event by event, for a table of them is large. Of the other kinds an event
 * that contradicts what is known marks the table, to be read again: such an event may be older than
 * our latest write. The kernel does not tell of IPv4 routes that go with a link, so events of links
 * mark tables as well.
 */
final class Observer implements Kernel.Sink {
  private static final Logger LOG = LoggerFactory.getLogger(Observer.class);

  /** Of the time, at most a tenth is spent on reading one table again and again. */
  private static final int PAUSE_PER_READ = 10;

  /** Kinds whose objects sit on a link and go with it. */
  private static final Set<Kind> ON_LINKS =
      EnumSet.of(Kind.ADDRESS, Kind.NEIGHBOUR, Kind.FDB, Kind.ROUTE);

  /** Kinds that may use a link, and of which pins remain when it goes. */
  private static final Set<Kind> PINNED = EnumSet.of(Kind.BPF_PROGRAM);

  /** Kinds that a link loses when it goes down. */
  private static final Set<Kind> FLUSHED = EnumSet.of(Kind.NEIGHBOUR, Kind.ROUTE);

  /** Kinds of which it may lose some, and whose tables are quickly read. */
  private static final Set<Kind> SMALL = EnumSet.of(Kind.ADDRESS, Kind.FDB);

  private final Kernel kernel;
  private final Slots slots;
  private final Problems problems;
  private final Chronicle chronicle;
  private final Time time;

  private final Set<Kind> stale = EnumSet.noneOf(Kind.class);

  /** Stale because of what a link did: what is missing then is no foreign change to report. */
  private final Set<Kind> quiet = EnumSet.noneOf(Kind.class);

  /** Sysctls to look at, with whether a difference is a foreign change to report. */
  private final Map<Slot, Boolean> suspects = new LinkedHashMap<>();

  private final Map<Kind, Long> readableAt = new EnumMap<>(Kind.class);

  /** Repairs that wait because somebody keeps undoing them. */
  private final Set<Slot> delayed = new LinkedHashSet<>();

  private int generation;
  private long lostEvents;
  private long completeReads;
  private boolean dependencyAppeared;
  private boolean underlayChanged;

  Observer(Kernel kernel, Slots slots, Problems problems, Chronicle chronicle, Time time) {
    this.kernel = kernel;
    this.slots = slots;
    this.problems = problems;
    this.chronicle = chronicle;
    this.time = time;
  }

  /** Marks every table to be read again. */
  void markAll() {
    completeReads++;
    stale.addAll(EnumSet.allOf(Kind.class));
  }

  long lostEvents() {
    return lostEvents;
  }

  long completeReads() {
    return completeReads;
  }

  void drain() {
    kernel.drain();
  }

  /** Reads the marked tables that may be read by now, and the single objects in doubt. */
  void readStale() throws DataplaneException {
    for (Boolean report : List.of(true, false)) {
      List<Slot> doubtful =
          suspects.keySet().stream().filter(s -> suspects.get(s) == report).toList();
      suspects.keySet().removeAll(doubtful);
      look(doubtful, !report);
    }
    for (Kind kind : List.copyOf(stale)) {
      if (time.nanos() - readableAt.getOrDefault(kind, time.nanos()) >= 0) {
        read(kind);
      }
    }
  }

  /** When the next marked table may be read; {@link Retry#NEVER} when none is marked. */
  long nextReadNanos() {
    return stale.stream()
        .mapToLong(k -> readableAt.getOrDefault(k, time.nanos()))
        .min()
        .orElse(Retry.NEVER);
  }

  /** Reads a whole table now. */
  void read(Kind kind) throws DataplaneException {
    long start = time.nanos();
    boolean isQuiet = quiet.contains(kind) || kind == Kind.NFT_ELEMENT && !isTableInSync();
    generation++;
    kernel.read(kind, slots.keys(kind), found -> seen(found, isQuiet));
    for (Slot slot : new ArrayList<>(slots.of(kind))) {
      if (slot.actual != null && slot.generation != generation) {
        gone(slot, isQuiet);
      }
    }
    stale.remove(kind);
    quiet.remove(kind);
    long end = time.nanos();
    readableAt.put(kind, end + PAUSE_PER_READ * (end - start));
  }

  /**
   * After BPF maps were made: entries went with the maps that these replace, programs still use
   * those, and what was refused for want of a map is no more.
   */
  void mapsWritten() throws DataplaneException {
    for (Kind kind : List.of(Kind.BPF_MAP_ENTRY, Kind.BPF_PROGRAM)) {
      quiet.add(kind);
      read(kind);
      slots.refused().stream().filter(s -> s.kind == kind).forEach(slots::touch);
    }
  }

  /** Elements go and come with their table. */
  private boolean isTableInSync() {
    return slots.of(Kind.NFT_TABLE).stream().allMatch(Slot::inSync);
  }

  /** Reads single sysctls: there are thousands, and no way to list them. */
  void look(List<Slot> sysctls, boolean isQuiet) throws DataplaneException {
    if (sysctls.isEmpty()) {
      return;
    }
    generation++;
    List<Object> keys = sysctls.stream().map(s -> s.key).toList();
    kernel.read(Kind.SYSCTL, keys, found -> seen(found, isQuiet));
    for (Slot slot : sysctls) {
      if (slot.actual != null && slot.generation != generation) {
        gone(slot, isQuiet);
      }
    }
  }

  /** Looks at single links: on a node of many pods their table is long. */
  void lookAtLinks(List<Slot> links) throws DataplaneException {
    generation++;
    for (Slot slot : links) {
      kernel.lookAtLink(((Link.Key) slot.key).name(), found -> seen(found, false));
      if (slot.actual != null && slot.generation != generation) {
        gone(slot, false);
      }
    }
  }

  boolean takeDependencyAppeared() {
    boolean taken = dependencyAppeared;
    dependencyAppeared = false;
    return taken;
  }

  boolean takeUnderlayChanged() {
    boolean taken = underlayChanged;
    underlayChanged = false;
    return taken;
  }

  Set<Slot> delayed() {
    return delayed;
  }

  // --- events ---

  @Override
  public void link(String name, Kernel.LinkEvent event) {
    if (slots.get(Kind.LINK, new Link.Key(name)) != null) {
      stale.add(Kind.LINK);
    }
    switch (event) {
      case APPEARED -> {
        suspect(name, false);
        wakeOver(name);
      }
      case UP -> {
        suspect(name, false);
        wakeOver(name);
        doubt(SMALL, name);
      }
      case DOWN -> {
        lose(FLUSHED, name);
        doubt(SMALL, name);
      }
      case VANISHED -> {
        lose(ON_LINKS, name);
        doubt(PINNED, name);
      }
      case CHANGED -> {}
    }
  }

  @Override
  public void object(Found found, boolean deleted, boolean byKernel) {
    KernelObject object = found.object();
    Slot slot = slots.get(object.kind(), object.key());
    dependencyAppeared |= !deleted && !found.ours();
    if (deleted && object instanceof Address address) {
      loseRoutesFrom(address);
    }
    if (object.kind() != Kind.ROUTE) {
      if (contradicts(slot, found, deleted)) {
        stale.add(object.kind());
        // Of IPv6 addresses the kernel does not say at whose wish they went.
        if (byKernel && deleted && object.kind() != Kind.ADDRESS) {
          quiet.add(object.kind());
        }
      }
    } else if (!deleted) {
      if (slot != null || found.ours()) {
        generation++;
        seen(found, false);
      }
    } else if (slot != null && slot.actual != null && slot.ours == found.ours()) {
      gone(slot, byKernel);
    }
  }

  @Override
  public void sysctls(String link) {
    suspect(link, true);
  }

  private void suspect(String link, boolean report) {
    slots.over(Kind.SYSCTL, link).forEach(slot -> suspects.putIfAbsent(slot, report));
  }

  @Override
  public void nft() {
    stale.add(Kind.NFT_TABLE);
    stale.add(Kind.NFT_ELEMENT);
  }

  @Override
  public void lost() {
    lostEvents++;
    LOG.warn("Events of the kernel were lost, reading everything again");
    markAll();
  }

  @Override
  public void underlay() {
    underlayChanged = true;
    dependencyAppeared = true;
  }

  private static boolean contradicts(Slot slot, Found found, boolean deleted) {
    if (slot == null) {
      return !deleted && found.ours();
    }
    if (deleted) {
      return slot.actual != null;
    }
    return !slot.inSync() || !Match.satisfies(slot.desired, slot.owner, found.object());
  }

  /** Has tables read again of which the kernel may have removed what goes over the link. */
  private void doubt(Set<Kind> kinds, String link) {
    for (Kind kind : kinds) {
      if (slots.over(kind, link).stream().anyMatch(s -> s.actual != null)) {
        stale.add(kind);
        quiet.add(kind);
      }
    }
  }

  /** The kernel has removed what sits on the link, and does not tell of all of it. */
  private void lose(Set<Kind> kinds, String link) {
    for (Kind kind : kinds) {
      for (Slot slot : slots.over(kind, link)) {
        if (slot.actual != null && sitsOn(slot.actual, link)) {
          gone(slot, true);
        } else if (slot.actual != null) {
          stale.add(kind);
          quiet.add(kind);
        }
      }
    }
  }

  /** IPv4 routes go silently together with the address that they prefer as source. */
  private void loseRoutesFrom(Address address) {
    Optional<InetAddress> source = Optional.of(address.address());
    for (Slot slot : slots.of(Kind.ROUTE)) {
      if (slot.actual instanceof Route route && route.source().equals(source)) {
        stale.add(Kind.ROUTE);
        quiet.add(Kind.ROUTE);
        return;
      }
    }
  }

  /** What waited for the link is written at once, and not after a pause. */
  private void wakeOver(String link) {
    dependencyAppeared = true;
    slots.refused().stream().filter(s -> Slots.uses(s.desired, link)).forEach(slots::touch);
  }

  /** Whether the object cannot exist without the link. */
  private static boolean sitsOn(KernelObject object, String link) {
    if (object instanceof Route route) {
      List<NextHop> hops = route.nextHops();
      return hops.size() == 1 && hops.get(0).link().equals(Optional.of(link));
    }
    return Slots.link(object).equals(Optional.of(link));
  }

  // --- what was found ---

  private void seen(Found found, boolean isQuiet) {
    KernelObject object = found.object();
    Slot slot = slots.get(object.kind(), object.key());
    if (slot == null && found.ours()) {
      slot = slots.getOrCreate(object.kind(), object.key());
    }
    // Of several routes with one key the kernel uses, and lists, the first.
    if (slot == null || slot.generation == generation) {
      return;
    }
    slot.generation = generation;
    boolean was = slot.inSync();
    boolean changed = slot.actual == null || slot.ours != found.ours();
    KernelObject before = slot.actual;
    slot.observe(object, found.ours());
    if (was && !slot.inSync()) {
      chronicle.found(slot, before, isQuiet);
    }
    judge(slot, was && !isQuiet, changed);
  }

  private void gone(Slot slot, boolean isQuiet) {
    boolean was = slot.inSync();
    KernelObject before = slot.actual;
    boolean wasOurs = was || slot.ours;
    slot.observeNothing();
    if (before != null && wasOurs) {
      chronicle.found(slot, before, isQuiet);
    }
    judge(slot, was && !isQuiet, true);
  }

  /** Decides what to do about a slot that was looked at. */
  private void judge(Slot slot, boolean isDrift, boolean changed) {
    if (slot.desired == null) {
      if (slot.actual == null && slot.owner != null) {
        problems.ends(slot.owner, slot.key); // What was to be deleted is gone.
      }
      slots.prune(slot);
    } else if (slot.inSync()) {
      if (slot.isRefused()) {
        problems.ends(slot.owner, slot.key);
        slots.clearRefusal(slot);
      }
    } else if (isDrift) {
      drifted(slot);
    } else if (changed || !slot.isRefused()) {
      slots.touch(slot);
    }
  }

  private void drifted(Slot slot) {
    Slot.Trouble trouble = slot.trouble();
    Optional<String> found =
        Optional.ofNullable(slot.actual).map(there -> Match.text(there, slot.desired));
    Change.Action action = found.isEmpty() ? Change.Action.ADD : Change.Action.REPLACE;
    trouble.drift = new Change(action, found, Optional.of(slot.desired));
    long now = time.nanos();
    long delay = Retry.repairDelayNanos(trouble, now);
    if (delay == 0) {
      slots.touch(slot);
    } else {
      trouble.dueNanos = now + delay;
      delayed.add(slot);
    }
  }
}
