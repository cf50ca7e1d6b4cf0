// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

/** Names of nftables' verdicts. linux/netfilter.h NF_*, linux/netfilter/nf_tables.h NFT_*. */
final class Verdicts {
  private Verdicts() {}

  static String text(int code, String chain) {
    // The upper half of a drop is an error number, of a queue its number.
    return switch (code < 0 ? code : code & 0xff) {
      case 0 -> "drop";
      case 1 -> "accept";
      case 2 -> "stolen";
      case 3 -> "queue";
      case 4 -> "repeat";
      case -1, -2 -> "continue";
      case -3 -> "jump " + chain;
      case -4 -> "goto " + chain;
      case -5 -> "return";
      default -> "verdict " + code;
    };
  }

  static boolean isDrop(int code) {
    return code >= 0 && (code & 0xff) == 0;
  }
}
