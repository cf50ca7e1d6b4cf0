// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.PathAttributes;
import java.util.Arrays;

/**
 * The routes of one family: of all peers together, those of a prefix in a list of which the best
 * one is first. This is every Adj-RIB-In and the Loc-RIB in one. Routes too are numbers, and what
 * is known of them stands in arrays. Confined to a thread.
 */
final class RouteTable {
  static final int NONE = -1;

  final IpFamily family;
  final PrefixIndex prefixes;

  /** By prefix. */
  private int[] first = new int[64];

  /** By route. */
  private int[] next = new int[64];

  private int[] peer = new int[64];
  private PathAttributes[] received = new PathAttributes[64];

  /** Null for a route that is not used. */
  private PathAttributes[] effective = new PathAttributes[64];

  private boolean[] stale = new boolean[64];
  private int freeRoute = NONE;
  private int end;
  private int count;

  RouteTable(IpFamily family) {
    this.family = family;
    prefixes = new PrefixIndex(family);
    Arrays.fill(first, NONE);
  }

  /** Number of routes. */
  int count() {
    return count;
  }

  int addPrefix(long high, long low, int length) {
    int id = prefixes.add(high, low, length);
    if (id >= first.length) {
      int old = first.length;
      first = Arrays.copyOf(first, prefixes.capacity());
      Arrays.fill(first, old, first.length, NONE);
    }
    return id;
  }

  /** The first route of a prefix, the best one if any is used; NONE when there is none. */
  int first(int prefix) {
    return prefix < first.length ? first[prefix] : NONE;
  }

  int next(int route) {
    return next[route];
  }

  int peer(int route) {
    return peer[route];
  }

  PathAttributes received(int route) {
    return received[route];
  }

  PathAttributes effective(int route) {
    return effective[route];
  }

  boolean isStale(int route) {
    return stale[route];
  }

  void setStale(int route, boolean isStale) {
    stale[route] = isStale;
  }

  void set(int route, PathAttributes told, PathAttributes used) {
    received[route] = told;
    effective[route] = used;
    stale[route] = false;
  }

  /** The best route of a prefix that is used; NONE when there is none. */
  int best(int prefix) {
    int route = first(prefix);
    return route != NONE && effective[route] != null ? route : NONE;
  }

  /** The route of a peer; NONE when it has told none. */
  int of(int prefix, int peerIndex) {
    int route = first(prefix);
    while (route != NONE && peer[route] != peerIndex) {
      route = next[route];
    }
    return route;
  }

  /** Adds a route behind the best one. */
  int add(int prefix, int peerIndex, PathAttributes told, PathAttributes used) {
    int route = freeRoute;
    if (route == NONE) {
      route = end++;
      if (route == next.length) {
        grow();
      }
    } else {
      freeRoute = next[route];
    }
    peer[route] = peerIndex;
    set(route, told, used);
    int best = first[prefix];
    if (best == NONE) {
      first[prefix] = route;
      next[route] = NONE;
    } else {
      next[route] = next[best];
      next[best] = route;
    }
    count++;
    return route;
  }

  private void grow() {
    int capacity = next.length + (next.length >> 1);
    next = Arrays.copyOf(next, capacity);
    peer = Arrays.copyOf(peer, capacity);
    received = Arrays.copyOf(received, capacity);
    effective = Arrays.copyOf(effective, capacity);
    stale = Arrays.copyOf(stale, capacity);
  }

  void remove(int prefix, int route) {
    if (first[prefix] == route) {
      first[prefix] = next[route];
    } else {
      next[before(prefix, route)] = next[route];
    }
    received[route] = null;
    effective[route] = null;
    next[route] = freeRoute;
    freeRoute = route;
    count--;
  }

  /** Puts a route before all others. */
  void setBest(int prefix, int route) {
    if (first[prefix] != route) {
      next[before(prefix, route)] = next[route];
      next[route] = first[prefix];
      first[prefix] = route;
    }
  }

  private int before(int prefix, int route) {
    int before = first[prefix];
    while (next[before] != route) {
      before = next[before];
    }
    return before;
  }
}
