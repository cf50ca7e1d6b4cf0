// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.RouteRefresh;
import io.margay.bgp.codec.UpdateWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells a single peer what it does not know yet: everything when its session has come up or it asks
 * for it, and what it missed while it did not read. Works off its backlog as far as it reads.
 * Confined to the RIB's thread.
 */
final class CatchUp {
  /**
   * Bytes that are handed over at once, unless the prefixes of a bucket go on: at most four times
   * so many.
   */
  private static final int CHUNK_BYTES = 256 * 1024;

  private static final int MAX_CHUNK_BYTES = 4 * CHUNK_BYTES;

  private final UpdateWriter writer;
  private final IntList withdrawn = new IntList();

  CatchUp(int maxMessageLength) {
    writer = new UpdateWriter(maxMessageLength);
  }

  /** Queues all that the peer is to have, ordered so that messages get as full as they can. */
  static void queueAll(Member member, RouteTable table) {
    AdjRibOut out = member.group.table(table.family);
    Backlog backlog = member.backlog(table.family);
    List<Export> buckets = new ArrayList<>();
    for (int prefix = 0; prefix < table.prefixes.end(); prefix++) {
      Export export = out.seenBy(member.peer.index, prefix);
      if (export != null) {
        if (export.pending == RouteTable.NONE) {
          buckets.add(export);
        }
        out.setLink(prefix, export.pending);
        export.pending = prefix;
      }
    }
    for (Export bucket : buckets) {
      for (int p = bucket.pending; p != RouteTable.NONE; p = out.link(p)) {
        backlog.add(p);
      }
      bucket.pending = RouteTable.NONE;
    }
  }

  /** Sends as much as the peer reads. */
  void drain(Member member, List<RouteTable> tables, boolean isDeferred) {
    for (RouteTable table : tables) {
      if (!member.families.contains(table.family)) {
        continue;
      }
      Backlog backlog = member.backlog(table.family);
      while (!backlog.isEmpty() && member.outlet.isWritable()) {
        writer.clear();
        write(member, table, backlog);
        send(member);
      }
      if (backlog.isEmpty() && !isDeferred) {
        end(member, table.family);
      }
    }
  }

  private void write(Member member, RouteTable table, Backlog backlog) {
    AdjRibOut out = member.group.table(table.family);
    PrefixIndex prefixes = table.prefixes;
    Export open = null;
    withdrawn.clear();
    while (!backlog.isEmpty() && writer.length() < MAX_CHUNK_BYTES) {
      int prefix = backlog.peek();
      Export export = out.seenBy(member.peer.index, prefix);
      if (writer.length() >= CHUNK_BYTES && export != open) {
        break;
      }
      backlog.take();
      if (export == null) {
        withdrawn.add(prefix);
        continue;
      }
      if (open == null || open != export && !open.encoded.equals(export.encoded)) {
        if (open != null) {
          writer.end();
        }
        open = export;
        writer.beginAnnounce(table.family, export.encoded);
      }
      writer.add(prefixes.high(prefix), prefixes.low(prefix), prefixes.length(prefix));
    }
    if (open != null) {
      writer.end();
    }
    if (withdrawn.size() > 0) {
      writer.beginWithdraw(table.family);
      for (int i = 0; i < withdrawn.size(); i++) {
        int p = withdrawn.get(i);
        writer.add(prefixes.high(p), prefixes.low(p), prefixes.length(p));
      }
      writer.end();
    }
  }

  private void send(Member member) {
    Outlet.Shared bytes = member.outlet.share(writer.bytes(), writer.length());
    member.outlet.send(bytes, 0, writer.length());
    bytes.release();
    member.outlet.flush();
  }

  private void end(Member member, IpFamily family) {
    if (member.endOfRibDue().remove(family)) {
      writer.clear();
      writer.endOfRib(family);
      send(member);
    }
    if (member.refreshing().remove(family) && member.hasEnhancedRefresh()) {
      sendRefresh(member, family, RouteRefresh.END);
    }
  }

  static void sendRefresh(Member member, IpFamily family, int subtype) {
    byte[] message = RouteRefresh.encode(family, subtype);
    Outlet.Shared bytes = member.outlet.share(message, message.length);
    member.outlet.send(bytes, 0, message.length);
    bytes.release();
    member.outlet.flush();
  }
}
