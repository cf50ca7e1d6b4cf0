// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.IpFamily;
import java.util.EnumSet;
import java.util.Set;

/** A peer whose session is up, as one that gets routes. Confined to the RIB's thread. */
public final class Member {
  final RibPeer peer;
  final Outlet outlet;
  final Set<IpFamily> families;
  private final boolean hasEnhancedRefresh;
  private final Backlog[] backlogs = {new Backlog(), new Backlog()};
  private final Set<IpFamily> endOfRibDue = EnumSet.noneOf(IpFamily.class);
  private final Set<IpFamily> refreshing = EnumSet.noneOf(IpFamily.class);
  UpdateGroup group;

  Member(RibPeer peer, Outlet outlet, Set<IpFamily> families, boolean hasEnhancedRefresh) {
    this.peer = peer;
    this.outlet = outlet;
    this.families = families;
    this.hasEnhancedRefresh = hasEnhancedRefresh;
    endOfRibDue.addAll(families);
  }

  /** What its session carries. */
  public Set<IpFamily> families() {
    return families;
  }

  Backlog backlog(IpFamily family) {
    return backlogs[family.ordinal()];
  }

  /** Whether it must be told of changes by its backlog, because others wait there. */
  boolean isBehind() {
    return !backlogs[0].isEmpty() || !backlogs[1].isEmpty() || !outlet.isWritable();
  }

  boolean hasBacklog() {
    return !backlogs[0].isEmpty() || !backlogs[1].isEmpty();
  }

  Set<IpFamily> endOfRibDue() {
    return endOfRibDue;
  }

  Set<IpFamily> refreshing() {
    return refreshing;
  }

  boolean hasEnhancedRefresh() {
    return hasEnhancedRefresh;
  }
}
