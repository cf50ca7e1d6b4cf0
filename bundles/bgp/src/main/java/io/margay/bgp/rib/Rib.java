// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.AttributeTable;
import io.margay.bgp.codec.Nlri;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.codec.RouteRefresh;
import io.margay.bgp.codec.UpdateDecoder;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All routes that this speaker knows, the choice among them, and who was told what. What is learned
 * is only noted at first; {@link #flush} decides and tells, once for all that was noted, so the
 * more there is to do the better it is packed. Confined to one thread.
 */
public final class Rib {
  private static final Logger LOG = LoggerFactory.getLogger(Rib.class);

  /** What {@link #learn} found. */
  public enum Outcome {
    OK,
    /** The peer has more routes than it may. */
    TOO_MANY_OF_PEER,
    /** There are more routes than this speaker keeps. */
    TOO_MANY
  }

  private static final BestRoutes NOBODY = (prefix, source, routes) -> {};

  /** Legs of a multipath route. */
  private static final int MAX_PATHS = 16;

  private final List<RouteTable> tables =
      List.of(new RouteTable(IpFamily.IPV4), new RouteTable(IpFamily.IPV6));
  private final List<RibPeer> peers = new ArrayList<>();
  private final List<Decision> decisions = new ArrayList<>();
  private final Map<GroupKey, UpdateGroup> groups = new HashMap<>();
  private final Map<Integer, CatchUp> catchUps = new HashMap<>();
  private final Attributes attributes = new Attributes();
  private final IntList[] dirty = {new IntList(), new IntList()};
  private final BitSet[] isDirty = {new BitSet(), new BitSet()};
  private final IntList[] unused = {new IntList(), new IntList()};
  private final int identifier;
  private final int maxRoutes;
  private final Runnable onDirty;
  private BestRoutes bestRoutes = NOBODY;
  private List<Prefix> own = List.of();
  private Set<InetAddress> ownAddresses = Set.of();
  private int clusterId;
  private boolean isDeferred;

  /**
   * An empty RIB.
   *
   * @param identifier of this speaker
   * @param maxRoutes of all peers together
   * @param onDirty called when {@link #flush} has something to do
   */
  public Rib(int identifier, int maxRoutes, Runnable onDirty) {
    this.identifier = identifier;
    this.maxRoutes = maxRoutes;
    this.onDirty = onDirty;
    peers.add(new RibPeer(0, "local", InetAddress.getLoopbackAddress()));
    tables.forEach(table -> decisions.add(new Decision(table, peers)));
  }

  /** Who hears of the best routes; of those that are there already, too. */
  public void onBestRoutes(BestRoutes listener) {
    bestRoutes = listener;
  }

  /** Our own addresses, which are nobody else's next hop, and our cluster id, or 0. */
  public void configure(Set<InetAddress> addresses, int cluster) {
    ownAddresses = new HashSet<>(addresses);
    clusterId = cluster;
  }

  /** Where the attributes of a kind of peer are kept; to be given to its decoder. */
  public AttributeTable attributes(boolean isExternal) {
    return attributes.toldBy(isExternal);
  }

  /** Somebody new who may have routes. */
  public RibPeer addPeer(String name, InetAddress address) {
    for (int i = 1; i < peers.size(); i++) {
      if (peers.get(i) == null) {
        peers.set(i, new RibPeer(i, name, address));
        return peers.get(i);
      }
    }
    RibPeer peer = new RibPeer(peers.size(), name, address);
    peers.add(peer);
    return peer;
  }

  /** Forgets a peer, with all it told. */
  public void removePeer(RibPeer peer) {
    removeRoutes(peer, family -> true, false);
    flush();
    peers.set(peer.index, null);
  }

  /** Whether a prefix is a part of what this speaker itself has. */
  boolean liesInOwn(RouteTable table, int prefix) {
    long high = table.prefixes.high(prefix);
    long low = table.prefixes.low(prefix);
    int length = table.prefixes.length(prefix);
    for (Prefix block : own) {
      if (block.family() == table.family
          && block.length() < length
          && (high & Prefix.highMask(block.length())) == block.high()
          && (low & Prefix.lowMask(block.length())) == block.low()) {
        return true;
      }
    }
    return false;
  }

  RibPeer peer(int index) {
    return peers.get(index);
  }

  Decision decision(IpFamily family) {
    return decisions.get(family.ordinal());
  }

  List<RouteTable> tables() {
    return tables;
  }

  private RouteTable table(IpFamily family) {
    return tables.get(family.ordinal());
  }

  PathAttributes internChanged(PathAttributes changed) {
    return attributes.changed(changed);
  }

  void tooLong(PathAttributes tooLong) {
    LOG.warn("A route is not told: its attributes do not fit into a message route={}", tooLong);
  }

  /** Routes of all peers together. */
  public int routeCount() {
    return tables.get(0).count() + tables.get(1).count();
  }

  public int prefixCount(IpFamily family) {
    return table(family).prefixes.size();
  }

  // --- what peers tell ---

  /** Takes the message that a decoder has read. */
  public Outcome learn(RibPeer peer, UpdateDecoder update, UpdateDecoder.Action action) {
    RouteTable v4 = table(IpFamily.IPV4);
    update.withdrawn((high, low, length) -> withdraw(v4, peer, high, low, length));
    if (update.unreachedCount() > 0) {
      RouteTable table = table(update.unreachedFamily());
      update.unreached((high, low, length) -> withdraw(table, peer, high, low, length));
    }
    Outcome outcome = Outcome.OK;
    if (update.nlriCount() > 0) {
      outcome = learn(v4, peer, update::nlri, update.nlriAttributes(), action);
    }
    if (update.reachedCount() > 0 && outcome == Outcome.OK) {
      RouteTable table = table(update.reachedFamily());
      outcome = learn(table, peer, update::reached, update.reachedAttributes(), action);
    }
    return outcome;
  }

  private interface Prefixes {
    void forEach(Nlri.Sink sink);
  }

  private Outcome learn(
      RouteTable table,
      RibPeer peer,
      Prefixes prefixes,
      PathAttributes told,
      UpdateDecoder.Action action) {
    if (action != UpdateDecoder.Action.ACCEPT) {
      prefixes.forEach((high, low, length) -> withdraw(table, peer, high, low, length));
      return Outcome.OK;
    }
    PathAttributes usable = usable(peer, told);
    prefixes.forEach((high, low, length) -> add(table, peer, high, low, length, told, usable));
    if (peer.received[table.family.ordinal()] > peer.maxPrefixes()) {
      return Outcome.TOO_MANY_OF_PEER;
    }
    return routeCount() > maxRoutes ? Outcome.TOO_MANY : Outcome.OK;
  }

  /** What of the attributes can be used, as far as it is the same for every prefix; else null. */
  private PathAttributes usable(RibPeer peer, PathAttributes told) {
    boolean isLoop =
        peer.hasOwnAs(told)
            || told.originatorId() != 0 && told.originatorId() == identifier
            || told.clusterListLength() > 0
                && clusterId != 0
                && Arrays.stream(told.clusterList()).anyMatch(c -> c == clusterId);
    if (isLoop || ownAddresses.contains(told.nextHop())) {
      return null;
    }
    return told.hasCommunity(PathAttributes.GRACEFUL_SHUTDOWN)
        ? internChanged(told.withLocalPref(0))
        : told;
  }

  private PathAttributes imported(
      RouteTable table, RibPeer peer, int prefix, PathAttributes usable) {
    if (usable == null || peer.acceptsAll()) {
      return usable;
    }
    PathAttributes imported = peer.imported(table.prefixes.prefix(prefix), usable);
    return imported == null || imported == usable ? imported : internChanged(imported);
  }

  private void add(
      RouteTable table,
      RibPeer peer,
      long high,
      long low,
      int length,
      PathAttributes told,
      PathAttributes usable) {
    int prefix = table.addPrefix(high, low, length);
    int route = table.of(prefix, peer.index);
    int family = table.family.ordinal();
    if (route == RouteTable.NONE) {
      PathAttributes used = imported(table, peer, prefix, usable);
      table.add(prefix, peer.index, told, used);
      peer.received[family]++;
      peer.rejected[family] += used == null ? 1 : 0;
      markDirty(table, prefix);
      return;
    }
    if (table.received(route) == told) {
      table.setStale(route, false);
      return;
    }
    PathAttributes used = imported(table, peer, prefix, usable);
    peer.rejected[family] += (used == null ? 1 : 0) - (table.effective(route) == null ? 1 : 0);
    table.set(route, told, used);
    markDirty(table, prefix);
  }

  private void withdraw(RouteTable table, RibPeer peer, long high, long low, int length) {
    int prefix = table.prefixes.find(high, low, length);
    int route = prefix < 0 ? RouteTable.NONE : table.of(prefix, peer.index);
    if (route != RouteTable.NONE) {
      remove(table, peer, prefix, route);
    }
  }

  private void remove(RouteTable table, RibPeer peer, int prefix, int route) {
    peer.received[table.family.ordinal()]--;
    peer.rejected[table.family.ordinal()] -= table.effective(route) == null ? 1 : 0;
    table.remove(prefix, route);
    markDirty(table, prefix);
  }

  private void markDirty(RouteTable table, int prefix) {
    int family = table.family.ordinal();
    if (!isDirty[family].get(prefix)) {
      isDirty[family].set(prefix);
      if (dirty[0].size() + dirty[1].size() == 0) {
        onDirty.run();
      }
      dirty[family].add(prefix);
    }
  }

  /** Calls for each route of a peer; the consumer may remove it. */
  private void eachRoute(RibPeer peer, Predicate<IpFamily> which, RouteAction action) {
    for (RouteTable table : tables) {
      if (!which.test(table.family) || peer.received[table.family.ordinal()] == 0) {
        continue;
      }
      for (int prefix = 0; prefix < table.prefixes.end(); prefix++) {
        int route = table.of(prefix, peer.index);
        if (route != RouteTable.NONE) {
          action.on(table, prefix, route);
        }
      }
    }
  }

  private interface RouteAction {
    void on(RouteTable table, int prefix, int route);
  }

  /**
   * Removes what a peer told.
   *
   * @param onlyStale only what it has not told again since {@link #markStale}
   */
  public void removeRoutes(RibPeer peer, Predicate<IpFamily> which, boolean onlyStale) {
    eachRoute(
        peer,
        which,
        (table, prefix, route) -> {
          if (!onlyStale || table.isStale(route)) {
            remove(table, peer, prefix, route);
          }
        });
  }

  /** What a peer told stays, but has to be told again. */
  public void markStale(RibPeer peer, Predicate<IpFamily> which) {
    eachRoute(peer, which, (table, prefix, route) -> table.setStale(route, true));
  }

  /** Judges what a peer told once more, after its settings changed. */
  public void reimport(RibPeer peer) {
    eachRoute(
        peer,
        family -> true,
        (table, prefix, route) -> {
          PathAttributes told = table.received(route);
          PathAttributes used = imported(table, peer, prefix, usable(peer, told));
          PathAttributes before = table.effective(route);
          if (used != before) {
            peer.rejected[table.family.ordinal()] +=
                (used == null ? 1 : 0) - (before == null ? 1 : 0);
            boolean isStale = table.isStale(route);
            table.set(route, told, used);
            table.setStale(route, isStale);
            markDirty(table, prefix);
          }
        });
  }

  /** Makes what this speaker itself has equal to these routes. */
  public void originate(Map<Prefix, PathAttributes> routes) {
    own(routes.keySet());
    RibPeer local = peers.get(0);
    Set<Prefix> gone = new HashSet<>();
    eachRoute(
        local,
        family -> true,
        (table, prefix, route) -> {
          Prefix known = table.prefixes.prefix(prefix);
          if (!routes.containsKey(known)) {
            gone.add(known);
          }
        });
    for (Prefix p : gone) {
      withdraw(table(p.family()), local, p.high(), p.low(), p.length());
    }
    routes.forEach(
        (p, told) -> {
          PathAttributes kept = internChanged(told);
          add(table(p.family()), local, p.high(), p.low(), p.length(), kept, kept);
        });
  }

  /** What others told of parts of a block that has come or gone goes on otherwise. */
  private void own(Set<Prefix> blocks) {
    Set<Prefix> changed = new HashSet<>(own);
    changed.removeAll(blocks);
    blocks.stream().filter(block -> !own.contains(block)).forEach(changed::add);
    own = List.copyOf(blocks);
    if (changed.isEmpty()) {
      return;
    }
    for (RouteTable table : tables) {
      for (int prefix = 0; prefix < table.prefixes.end(); prefix++) {
        if (table.best(prefix) != RouteTable.NONE) {
          Prefix told = table.prefixes.prefix(prefix);
          if (changed.stream().anyMatch(block -> block.contains(told))) {
            markDirty(table, prefix);
          }
        }
      }
    }
  }

  // --- who is told ---

  /** A session has come up: the peer is told everything, then End-of-RIB. */
  public Member join(
      RibPeer peer,
      Outlet outlet,
      GroupKey key,
      Set<IpFamily> families,
      boolean hasEnhancedRefresh) {
    flush();
    Member member = new Member(peer, outlet, families, hasEnhancedRefresh);
    group(key).add(member);
    tables.stream()
        .filter(table -> families.contains(table.family))
        .forEach(table -> CatchUp.queueAll(member, table));
    drain(member);
    return member;
  }

  private UpdateGroup group(GroupKey key) {
    UpdateGroup known = groups.get(key);
    if (known == null) {
      BitSet taken = new BitSet();
      groups.values().forEach(group -> taken.set(group.index()));
      known = new UpdateGroup(key, taken.nextClearBit(0), this);
      groups.put(key, known);
    }
    return known;
  }

  /** A session has ended. */
  public void leave(Member member) {
    flush();
    removeFromGroup(member);
  }

  private void removeFromGroup(Member member) {
    UpdateGroup group = member.group;
    group.remove(member);
    if (group.members().isEmpty()) {
      groups.remove(group.key());
    }
  }

  /** A peer is told what differs when it is told by other rules. */
  public void move(Member member, GroupKey key) {
    if (member.group.key().equals(key)) {
      return;
    }
    flush();
    UpdateGroup before = member.group;
    removeFromGroup(member);
    group(key).add(member);
    for (RouteTable table : tables) {
      if (member.families.contains(table.family)) {
        queueDifferences(member, table, before.table(table.family));
      }
    }
    drain(member);
  }

  private static void queueDifferences(Member member, RouteTable table, AdjRibOut before) {
    AdjRibOut now = member.group.table(table.family);
    for (int prefix = 0; prefix < table.prefixes.end(); prefix++) {
      Export told = before.seenBy(member.peer.index, prefix);
      Export due = now.seenBy(member.peer.index, prefix);
      boolean isSame =
          told == due || told != null && due != null && told.encoded.equals(due.encoded);
      if (!isSame) {
        member.backlog(table.family).add(prefix);
      }
    }
  }

  /** A peer wants to be told everything again. RFC 2918, RFC 7313. */
  public void refresh(Member member, IpFamily family) {
    if (!member.families.contains(family)) {
      return;
    }
    flush();
    if (member.hasEnhancedRefresh() && member.refreshing().add(family)) {
      CatchUp.sendRefresh(member, family, RouteRefresh.BEGIN);
    }
    CatchUp.queueAll(member, table(family));
    drain(member);
  }

  /** A peer reads again, or has something to catch up with. */
  public void drain(Member member) {
    catchUps
        .computeIfAbsent(member.group.key().maxMessageLength(), CatchUp::new)
        .drain(member, tables, isDeferred);
  }

  /**
   * While deferred, only our own routes are told, and no End-of-RIB is: after a restart it is not
   * known yet what is best. RFC 4724 section 4.1.
   */
  public void defer(boolean deferred) {
    if (isDeferred == deferred) {
      return;
    }
    isDeferred = deferred;
    for (RouteTable table : tables) {
      for (int prefix = 0; prefix < table.prefixes.end(); prefix++) {
        if (table.first(prefix) != RouteTable.NONE) {
          markDirty(table, prefix);
        }
      }
    }
    flush();
    for (Member member : members()) {
      drain(member);
    }
  }

  boolean isDeferred() {
    return isDeferred;
  }

  private List<Member> members() {
    List<Member> all = new ArrayList<>();
    groups.values().forEach(group -> all.addAll(group.members()));
    return all;
  }

  // --- deciding and telling ---

  /** Decides about every prefix that changed, and tells everybody. */
  public void flush() {
    for (RouteTable table : tables) {
      IntList list = dirty[table.family.ordinal()];
      if (list.size() == 0) {
        continue;
      }
      for (int i = 0; i < list.size(); i++) {
        decide(table, list.get(i));
        isDirty[table.family.ordinal()].clear(list.get(i));
      }
      list.clear();
      groups.values().forEach(group -> group.flush(table));
      freeUnused(table);
    }
    for (UpdateGroup group : groups.values()) {
      for (Member member : group.members()) {
        if (member.hasBacklog()) {
          drain(member);
        }
      }
    }
    attributes.sweep(tables);
  }

  private void decide(RouteTable table, int prefix) {
    int first = table.first(prefix);
    if (first != RouteTable.NONE && table.next(first) != RouteTable.NONE) {
      int best = decisions.get(table.family.ordinal()).best(prefix);
      if (best != RouteTable.NONE) {
        table.setBest(prefix, best);
      }
    }
    for (UpdateGroup group : groups.values()) {
      group.update(table, prefix);
    }
    if (bestRoutes != NOBODY) {
      tellBest(table, prefix);
    }
    if (first == RouteTable.NONE) {
      unused[table.family.ordinal()].add(prefix);
    }
  }

  private void tellBest(RouteTable table, int prefix) {
    int best = table.best(prefix);
    RibPeer source = peers.get(best == RouteTable.NONE ? 0 : table.peer(best));
    List<PathAttributes> routes = new ArrayList<>();
    if (!source.isLocal()) {
      if (table.next(best) == RouteTable.NONE) {
        routes.add(table.effective(best));
      } else {
        for (int route : decisions.get(table.family.ordinal()).equals(prefix)) {
          if (routes.size() < MAX_PATHS) {
            routes.add(table.effective(route));
          }
        }
      }
    }
    bestRoutes.changed(table.prefixes.prefix(prefix), source, routes);
  }

  /** Prefixes without routes give back their numbers when nobody is still to be told of them. */
  private void freeUnused(RouteTable table) {
    IntList list = unused[table.family.ordinal()];
    if (list.size() == 0 || members().stream().anyMatch(m -> !m.backlog(table.family).isEmpty())) {
      return;
    }
    BitSet seen = new BitSet();
    for (int i = 0; i < list.size(); i++) {
      int prefix = list.get(i);
      // It may have come back, or be listed twice.
      if (table.first(prefix) == RouteTable.NONE && !seen.get(prefix)) {
        seen.set(prefix);
        table.prefixes.remove(prefix);
      }
    }
    list.clear();
  }
}
