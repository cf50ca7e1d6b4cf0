// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What operators ask of a RIB. Each walks over all of it; confined to the RIB's thread. */
public final class RibQueries {
  private final Rib rib;

  public RibQueries(Rib rib) {
    this.rib = rib;
  }

  /** Routes of the prefixes that are wanted, ordered by prefix, of each the best first. */
  public List<RouteView> routes(Predicate<Prefix> wanted) {
    List<RouteView> views = new ArrayList<>();
    for (RouteTable table : rib.tables()) {
      Decision decision = rib.decision(table.family);
      for (int id = 0; id < table.prefixes.end(); id++) {
        if (table.first(id) == RouteTable.NONE) {
          continue;
        }
        Prefix prefix = table.prefixes.prefix(id);
        if (wanted.test(prefix)) {
          int best = table.best(id);
          for (int r = table.first(id); r != RouteTable.NONE; r = table.next(r)) {
            views.add(
                new RouteView(
                    prefix,
                    rib.peer(table.peer(r)),
                    table.received(r),
                    table.effective(r),
                    r == best,
                    table.isStale(r),
                    decision.lost(id, r).reason()));
          }
        }
      }
    }
    views.sort((a, b) -> a.prefix().compareTo(b.prefix()));
    return views;
  }

  /** What a peer has been told, by prefix, as what was made of the best route. */
  public Map<Prefix, PathAttributes> advertised(Member member) {
    Map<Prefix, PathAttributes> told = new TreeMap<>();
    for (RouteTable table : rib.tables()) {
      AdjRibOut out = member.group.table(table.family);
      for (int id = 0; id < table.prefixes.end(); id++) {
        Export export = out.seenBy(member.peer.index, id);
        if (export != null && member.families.contains(table.family)) {
          told.put(table.prefixes.prefix(id), export.encoded.decoded(table.family));
        }
      }
    }
    return told;
  }

  /** How many prefixes a peer has been told. */
  public int advertisedCount(Member member) {
    int count = 0;
    for (RouteTable table : rib.tables()) {
      AdjRibOut out = member.group.table(table.family);
      for (int id = 0; id < table.prefixes.end(); id++) {
        if (member.families.contains(table.family) && out.seenBy(member.peer.index, id) != null) {
          count++;
        }
      }
    }
    return count;
  }

  /** Why a peer is not told of a prefix, in words; empty when it is. */
  public Optional<String> whyNotAdvertised(Member member, Prefix prefix) {
    RouteTable table = rib.tables().get(prefix.family().ordinal());
    int id = table.prefixes.find(prefix);
    int best = id < 0 ? RouteTable.NONE : table.best(id);
    if (best == RouteTable.NONE) {
      return Optional.of("there is no route that is used");
    }
    if (!member.families.contains(prefix.family())) {
      return Optional.of("the session does not carry " + prefix.family());
    }
    if (member.group.table(prefix.family()).seenBy(member.peer.index, id) != null) {
      return Optional.empty();
    }
    return Optional.of(member.group.whyNot(table, id, best, member));
  }
}
