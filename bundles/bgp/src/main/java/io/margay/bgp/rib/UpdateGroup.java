// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.AttributeEncoder;
import io.margay.bgp.codec.EncodedAttributes;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.UpdateWriter;
import io.margay.bgp.policy.RoutePolicy;
import io.margay.bgp.policy.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Peers that get the same: they share one Adj-RIB-Out, and what changes is decided and written once
 * for all. A peer is not told what it told itself, so messages are ordered by who told their
 * prefixes, and each peer's own part is left out when they are sent. Confined to the RIB's thread.
 */
final class UpdateGroup {
  private final GroupKey key;
  private final int index;
  private final Rib rib;
  private final AttributeEncoder encoder;
  private final UpdateWriter writer;
  private final AdjRibOut[] tables = {new AdjRibOut(), new AdjRibOut()};
  private final List<Member> members = new ArrayList<>();

  // Of the flush that is under way.
  private final List<Export> announced = new ArrayList<>();
  private final IntList withdrawnSources = new IntList();
  private int[] withdrawn = new int[0];
  private final IntList changed = new IntList();

  /** Parts of what was written: who told the prefixes, and where the part ends. */
  private final IntList partSources = new IntList();

  private final IntList partEnds = new IntList();

  UpdateGroup(GroupKey key, int index, Rib rib) {
    this.key = key;
    this.index = index;
    this.rib = rib;
    encoder = new AttributeEncoder(key.rules());
    writer = new UpdateWriter(key.maxMessageLength());
  }

  GroupKey key() {
    return key;
  }

  int index() {
    return index;
  }

  AdjRibOut table(IpFamily family) {
    return tables[family.ordinal()];
  }

  List<Member> members() {
    return members;
  }

  /** Adds a member; the RIB tells it everything. */
  void add(Member member) {
    members.add(member);
    member.group = this;
    // One alone is not told its own routes, so nothing was made of them.
    if (members.size() <= 2) {
      rib.tables().forEach(this::recompute);
    }
  }

  void remove(Member member) {
    members.remove(member);
  }

  /** Makes the Adj-RIB-Out anew without telling anybody. */
  private void recompute(RouteTable table) {
    AdjRibOut out = table(table.family);
    out.ensure(table.prefixes.capacity());
    for (int prefix = 0; prefix < table.prefixes.end(); prefix++) {
      int route = table.best(prefix);
      Export export = route == RouteTable.NONE ? null : export(table, prefix, route);
      out.set(prefix, export, export == null ? 0 : table.peer(route));
    }
  }

  // --- what becomes of a route ---

  private Export export(RouteTable table, int prefix, int route) {
    RibPeer source = rib.peer(table.peer(route));
    PathAttributes attributes = table.effective(route);
    if (!isFor(source, attributes)) {
      return null;
    }
    PathAttributes sent = attributes;
    if (key.exportPolicy() != RoutePolicy.ACCEPT) {
      sent =
          key.exportPolicy()
              .apply(table.prefixes.prefix(prefix), attributes, from(table, prefix, source));
      if (sent == null) {
        return null;
      }
      sent = sent == attributes ? sent : rib.internChanged(sent);
    }
    boolean isReflected = !key.rules().isExternal() && !source.isLocal() && !source.isExternal();
    int originator =
        !isReflected ? 0 : sent.originatorId() != 0 ? sent.originatorId() : source.identifier();
    return encoded(table.family, sent, source, originator);
  }

  /** Where a route comes from, for the policy. */
  private Source from(RouteTable table, int prefix, RibPeer peer) {
    Source source = peer.source();
    return !source.isLocal() && rib.liesInOwn(table, prefix) ? source.withinOwn() : source;
  }

  private boolean isFor(RibPeer source, PathAttributes attributes) {
    if (members.size() == 1 && members.get(0).peer == source) {
      return false;
    }
    if (rib.isDeferred() && !source.isLocal()) {
      return false;
    }
    boolean isInternal = !key.rules().isExternal() && !source.isLocal() && !source.isExternal();
    if (isInternal && !key.isClient() && !source.isClient()) {
      return false;
    }
    return !attributes.hasCommunities()
        || !attributes.hasCommunity(PathAttributes.NO_ADVERTISE)
            && (!key.rules().isExternal() || !staysInside(attributes));
  }

  /** Why a member is not told of the best route of a prefix, in words. */
  String whyNot(RouteTable table, int prefix, int route, Member member) {
    RibPeer source = rib.peer(table.peer(route));
    PathAttributes attributes = table.effective(route);
    if (source == member.peer) {
      return "the peer itself told it";
    }
    if (rib.isDeferred() && !source.isLocal()) {
      return "after the restart not every peer has told its routes yet";
    }
    if (attributes.hasCommunity(PathAttributes.NO_ADVERTISE)
        || key.rules().isExternal() && staysInside(attributes)) {
      return "a community of the route forbids it: " + attributes;
    }
    return isFor(source, attributes)
        ? "the export filter rejects it: " + table.prefixes.prefix(prefix)
        : "both peers are internal, and this node reflects for neither";
  }

  private static boolean staysInside(PathAttributes attributes) {
    return attributes.hasCommunity(PathAttributes.NO_EXPORT)
        || attributes.hasCommunity(PathAttributes.NO_EXPORT_SUBCONFED)
        || attributes.hasCommunity(PathAttributes.BLACKHOLE);
  }

  private Export encoded(
      IpFamily family, PathAttributes attributes, RibPeer source, int originator) {
    boolean isLocal = source.isLocal();
    boolean isPassedOn = key.rules().isExternal() && !isLocal && !source.isExternal();
    if (attributes.export(index) instanceof Export known
        && known.isFor(this, family, isLocal, isPassedOn, originator)) {
      return known;
    }
    EncodedAttributes encoded = encoder.encode(attributes, family, isLocal, isPassedOn, originator);
    if (encoded == null) {
      return null;
    }
    if (!writer.fits(encoded)) {
      rib.tooLong(attributes);
      return null;
    }
    Export export = new Export(this, family, encoded, isLocal, isPassedOn, originator);
    attributes.setExport(index, export);
    return export;
  }

  // --- telling what changed ---

  /** Takes note of what a prefix has become. */
  void update(RouteTable table, int prefix) {
    AdjRibOut out = table(table.family);
    out.ensure(table.prefixes.capacity());
    int route = table.best(prefix);
    Export before = out.export(prefix);
    Export now = route == RouteTable.NONE ? null : export(table, prefix, route);
    int sourceBefore = out.source(prefix);
    int source = now == null ? sourceBefore : table.peer(route);
    if (now == null && before == null) {
      return;
    }
    boolean isSame = now != null && before != null && sameBytes(now, before);
    if (isSame && source == sourceBefore) {
      return;
    }
    out.set(prefix, now, source);
    if (now == null) {
      linkWithdrawn(out, prefix, sourceBefore);
    } else if (!isSame) {
      linkAnnounced(out, prefix, now, source);
    }
    if (!isSame) {
      changed.add(prefix);
    }
    if (before != null && now != null && source != sourceBefore) {
      // Who tells it now may have it from us no more; who told it before has not got it yet.
      queueFor(source, table.family, prefix);
      if (isSame) {
        queueFor(sourceBefore, table.family, prefix);
      }
    }
  }

  private static boolean sameBytes(Export a, Export b) {
    return a == b || a.encoded.equals(b.encoded);
  }

  private void linkAnnounced(AdjRibOut out, int prefix, Export export, int source) {
    Export bucket = export;
    if (bucket.pending != RouteTable.NONE && bucket.pendingSource != source) {
      bucket = export.copy();
      out.set(prefix, bucket, source);
    }
    if (bucket.pending == RouteTable.NONE) {
      bucket.pendingSource = source;
      announced.add(bucket);
    }
    out.setLink(prefix, bucket.pending);
    bucket.pending = prefix;
  }

  private void linkWithdrawn(AdjRibOut out, int prefix, int source) {
    if (source >= withdrawn.length) {
      int old = withdrawn.length;
      withdrawn = Arrays.copyOf(withdrawn, source + 16);
      Arrays.fill(withdrawn, old, withdrawn.length, RouteTable.NONE);
    }
    if (withdrawn[source] == RouteTable.NONE) {
      withdrawnSources.add(source);
    }
    out.setLink(prefix, withdrawn[source]);
    withdrawn[source] = prefix;
  }

  private void queueFor(int peer, IpFamily family, int prefix) {
    for (Member member : members) {
      if (member.peer.index == peer) {
        member.backlog(family).add(prefix);
      }
    }
  }

  /** Sends what was noted of one family. */
  void flush(RouteTable table) {
    if (changed.size() > 0) {
      write(table);
      send(table.family);
      changed.clear();
    }
  }

  private void write(RouteTable table) {
    AdjRibOut out = table(table.family);
    PrefixIndex prefixes = table.prefixes;
    writer.clear();
    partSources.clear();
    partEnds.clear();
    for (int i = 0; i < withdrawnSources.size(); i++) {
      int source = withdrawnSources.get(i);
      writer.beginWithdraw(table.family);
      for (int p = withdrawn[source]; p != RouteTable.NONE; p = out.link(p)) {
        writer.add(prefixes.high(p), prefixes.low(p), prefixes.length(p));
      }
      writer.end();
      withdrawn[source] = RouteTable.NONE;
      endPart(source);
    }
    withdrawnSources.clear();
    announced.sort(Comparator.comparingInt(export -> export.pendingSource));
    for (Export export : announced) {
      writer.beginAnnounce(table.family, export.encoded);
      for (int p = export.pending; p != RouteTable.NONE; p = out.link(p)) {
        writer.add(prefixes.high(p), prefixes.low(p), prefixes.length(p));
      }
      writer.end();
      export.pending = RouteTable.NONE;
      endPart(export.pendingSource);
    }
    announced.clear();
  }

  private void endPart(int source) {
    int last = partSources.size() - 1;
    if (last >= 0 && partSources.get(last) == source) {
      partEnds.clearLast();
    } else {
      partSources.add(source);
    }
    partEnds.add(writer.length());
  }

  private void send(IpFamily family) {
    Outlet.Shared shared = null;
    for (Member member : members) {
      if (!member.families.contains(family)) {
        continue;
      }
      if (member.isBehind()) {
        for (int i = 0; i < changed.size(); i++) {
          member.backlog(family).add(changed.get(i));
        }
      } else {
        shared = shared != null ? shared : member.outlet.share(writer.bytes(), writer.length());
        sendOthers(member, shared);
      }
    }
    if (shared != null) {
      shared.release();
    }
  }

  /** Sends the parts that others told. */
  private void sendOthers(Member member, Outlet.Shared shared) {
    int from = 0;
    int to = 0;
    for (int part = 0; part < partEnds.size(); part++) {
      int end = partEnds.get(part);
      if (partSources.get(part) == member.peer.index) {
        if (to > from) {
          member.outlet.send(shared, from, to);
        }
        from = end;
      }
      to = end;
    }
    if (to > from) {
      member.outlet.send(shared, from, to);
    }
    member.outlet.flush();
  }
}
