// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import java.util.Arrays;

/** What an update group was told of one family, by prefix. */
final class AdjRibOut {
  private Export[] exports = new Export[64];
  private int[] sources = new int[64];

  /** Chains the prefixes that are told together. */
  private int[] links = new int[64];

  void ensure(int capacity) {
    if (exports.length < capacity) {
      exports = Arrays.copyOf(exports, capacity);
      sources = Arrays.copyOf(sources, capacity);
      links = Arrays.copyOf(links, capacity);
    }
  }

  /** Null when the prefix was not told. */
  Export export(int prefix) {
    return prefix < exports.length ? exports[prefix] : null;
  }

  /** Index of the peer that told us, who is not told. */
  int source(int prefix) {
    return sources[prefix];
  }

  /** What a peer was told; null when nothing. */
  Export seenBy(int peer, int prefix) {
    Export export = export(prefix);
    return export == null || sources[prefix] == peer ? null : export;
  }

  void set(int prefix, Export export, int source) {
    exports[prefix] = export;
    sources[prefix] = source;
  }

  int link(int prefix) {
    return links[prefix];
  }

  void setLink(int prefix, int next) {
    links[prefix] = next;
  }
}
