// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

/** Path attributes that we know, and what their flags must be. IANA "BGP Path Attributes". */
final class AttributeType {
  static final int ORIGIN = 1;
  static final int AS_PATH = 2;
  static final int NEXT_HOP = 3;
  static final int MULTI_EXIT_DISC = 4;
  static final int LOCAL_PREF = 5;
  static final int ATOMIC_AGGREGATE = 6;
  static final int AGGREGATOR = 7;
  static final int COMMUNITIES = 8;
  static final int ORIGINATOR_ID = 9;
  static final int CLUSTER_LIST = 10;
  static final int MP_REACH_NLRI = 14;
  static final int MP_UNREACH_NLRI = 15;
  static final int EXTENDED_COMMUNITIES = 16;
  static final int AS4_PATH = 17;
  static final int AS4_AGGREGATOR = 18;
  static final int LARGE_COMMUNITIES = 32;
  static final int ONLY_TO_CUSTOMER = 35;

  /** Flags. RFC 4271 section 4.3. */
  static final int OPTIONAL = 0x80;

  static final int TRANSITIVE = 0x40;
  static final int PARTIAL = 0x20;
  static final int EXTENDED_LENGTH = 0x10;

  /** Optional and Transitive as each must have them; -1 for what we do not know. */
  private static final int[] FLAGS = new int[256];

  static {
    java.util.Arrays.fill(FLAGS, -1);
    for (int type : new int[] {ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF, ATOMIC_AGGREGATE}) {
      FLAGS[type] = TRANSITIVE;
    }
    for (int type :
        new int[] {MULTI_EXIT_DISC, ORIGINATOR_ID, CLUSTER_LIST, MP_REACH_NLRI, MP_UNREACH_NLRI}) {
      FLAGS[type] = OPTIONAL;
    }
    for (int type :
        new int[] {
          AGGREGATOR,
          COMMUNITIES,
          EXTENDED_COMMUNITIES,
          AS4_PATH,
          AS4_AGGREGATOR,
          LARGE_COMMUNITIES,
          ONLY_TO_CUSTOMER
        }) {
      FLAGS[type] = OPTIONAL | TRANSITIVE;
    }
  }

  private AttributeType() {}

  static boolean isKnown(int type) {
    return FLAGS[type] >= 0;
  }

  /** The flags to write; for a known type. */
  static int flags(int type) {
    return FLAGS[type];
  }

  static boolean hasRightFlags(int type, int flags) {
    return FLAGS[type] == (flags & (OPTIONAL | TRANSITIVE));
  }
}
