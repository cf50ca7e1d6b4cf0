// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.bgp.codec.PathAttributes;
import java.util.Arrays;
import java.util.List;

/**
 * Which route of a prefix is the best one. RFC 4271 section 9.1.2, RFC 4456 section 9. Each step
 * takes out those that are worse than another; the result does not depend on the order in which the
 * routes arrived. Confined to a thread.
 */
final class Decision {
  /** What a route lost by, in the order of the steps. */
  enum Step {
    NOT_USED("it is not used: rejected by a filter, or a loop"),
    LOCAL("this node has it itself"),
    LOCAL_PREF("lower local preference"),
    PATH_LENGTH("longer AS path"),
    ORIGIN("worse origin"),
    MED("higher MED of the same neighbour AS"),
    INTERNAL("internal, and an external one is there"),
    ROUTER_ID("higher router id"),
    CLUSTER_LIST("longer cluster list"),
    PEER_ADDRESS("higher peer address"),
    BEST("it is the best one");

    private final String reason;

    Step(String reason) {
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }

  /** Routes that are alike up to here go to the kernel together. */
  private static final Step LAST_BEFORE_TIE = Step.INTERNAL;

  private static final Step[] STEPS =
      Arrays.copyOfRange(Step.values(), Step.LOCAL.ordinal(), Step.BEST.ordinal());

  private final RouteTable table;
  private final List<RibPeer> peers;
  private int[] candidates = new int[16];
  private int count;

  Decision(RouteTable table, List<RibPeer> peers) {
    this.table = table;
    this.peers = peers;
  }

  /** The best route of a prefix; NONE when none is used. */
  int best(int prefix) {
    if (!collect(prefix)) {
      return RouteTable.NONE;
    }
    for (Step step : STEPS) {
      if (count == 1) {
        break;
      }
      keep(step);
    }
    return candidates[0];
  }

  /** The routes that are as good as the best one, this one first, for ECMP. */
  int[] equals(int prefix) {
    int best = best(prefix);
    if (!collect(prefix)) {
      return new int[0];
    }
    for (int i = 0; STEPS[i].compareTo(LAST_BEFORE_TIE) <= 0; i++) {
      keep(STEPS[i]);
    }
    int[] equal = new int[count];
    int n = 1;
    equal[0] = best;
    for (int i = 0; i < count; i++) {
      if (candidates[i] != best) {
        equal[n++] = candidates[i];
      }
    }
    return equal;
  }

  /** The step by which a route lost. */
  Step lost(int prefix, int route) {
    if (table.effective(route) == null) {
      return Step.NOT_USED;
    }
    collect(prefix);
    for (Step step : STEPS) {
      keep(step);
      if (!isCandidate(route)) {
        return step;
      }
    }
    return Step.BEST;
  }

  private boolean isCandidate(int route) {
    for (int i = 0; i < count; i++) {
      if (candidates[i] == route) {
        return true;
      }
    }
    return false;
  }

  private boolean collect(int prefix) {
    count = 0;
    for (int r = table.first(prefix); r != RouteTable.NONE; r = table.next(r)) {
      if (table.effective(r) != null) {
        if (count == candidates.length) {
          candidates = Arrays.copyOf(candidates, 2 * count);
        }
        candidates[count++] = r;
      }
    }
    return count > 0;
  }

  private void keep(Step step) {
    if (step == Step.MED) {
      keepLowestMeds();
      return;
    }
    long least = Long.MAX_VALUE;
    int kept = 0;
    for (int i = 0; i < count; i++) {
      int route = candidates[i];
      long rank = step == Step.PEER_ADDRESS ? 0 : rank(step, route);
      boolean isBetter =
          step == Step.PEER_ADDRESS
              ? kept == 0 || compareAddresses(route, candidates[0]) < 0
              : rank < least;
      if (isBetter) {
        least = rank;
        kept = 0;
      }
      if (isBetter || step != Step.PEER_ADDRESS && rank == least) {
        candidates[kept++] = route;
      }
    }
    count = kept;
  }

  /** Lower is better. */
  private long rank(Step step, int route) {
    PathAttributes a = table.effective(route);
    RibPeer peer = peers.get(table.peer(route));
    return switch (step) {
      case LOCAL -> peer.isLocal() ? 0 : 1;
      case LOCAL_PREF -> -Integer.toUnsignedLong(a.localPref());
      case PATH_LENGTH -> a.pathLength();
      case ORIGIN -> a.origin();
      case INTERNAL -> peer.isExternal() ? 0 : 1;
      case ROUTER_ID ->
          Integer.toUnsignedLong(a.originatorId() != 0 ? a.originatorId() : peer.identifier());
      case CLUSTER_LIST -> a.clusterListLength();
      default -> throw new AssertionError(step + " ranks nothing");
    };
  }

  /** Only routes by one neighbour AS can be compared, so each of them keeps its best. */
  private void keepLowestMeds() {
    int kept = 0;
    int[] all = Arrays.copyOf(candidates, count);
    for (int route : all) {
      if (!hasLowerMed(all, route)) {
        candidates[kept++] = route;
      }
    }
    count = kept;
  }

  private boolean hasLowerMed(int[] all, int route) {
    PathAttributes mine = table.effective(route);
    for (int other : all) {
      PathAttributes its = table.effective(other);
      if (its.firstAs() == mine.firstAs() && Integer.compareUnsigned(its.med(), mine.med()) < 0) {
        return true;
      }
    }
    return false;
  }

  private int compareAddresses(int a, int b) {
    byte[] mine = peers.get(table.peer(a)).address().getAddress();
    byte[] other = peers.get(table.peer(b)).address().getAddress();
    int order = Integer.compare(mine.length, other.length);
    order = order != 0 ? order : Arrays.compareUnsigned(mine, other);
    return order != 0 ? order : Integer.compare(table.peer(a), table.peer(b));
  }
}
