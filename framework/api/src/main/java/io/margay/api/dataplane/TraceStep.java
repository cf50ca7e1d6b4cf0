// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

/**
 * What one rule or policy of nftables did to a packet.
 *
 * @param table with its family, such as {@code ip filter}
 * @param handle of the rule, by which {@code nft -a list chain} shows it; 0 for a policy
 * @param rule its text as far as it could be read; {@code policy} for a policy
 * @param verdict {@code accept}, {@code drop}, {@code continue}, {@code jump CHAIN} ...
 */
public record TraceStep(String table, String chain, long handle, String rule, String verdict) {
  /** {@code chain FORWARD of table ip filter: rule with handle 4 (ip daddr 10.0.0.1): drop}. */
  @Override
  public String toString() {
    String what = handle == 0 ? "policy" : "rule with handle " + handle + " (" + rule + ")";
    return "chain " + chain + " of table " + table + ": " + what + ": " + verdict;
  }
}
