// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.Set;

/**
 * What this kernel can do, found out once at start.
 *
 * @param release as {@code uname -r}
 * @param linkTypes IFLA_INFO_KINDs that it can create
 * @param features further abilities, such as {@code ipv6} or {@code nftables}; {@code bpf} if BPF
 *     programs and maps can be made and pinned, {@code tcx} and {@code clsact} if they can be
 *     attached in that way
 */
public record KernelFacts(String release, Set<String> linkTypes, Set<String> features) {
  public KernelFacts {
    linkTypes = Set.copyOf(linkTypes);
    features = Set.copyOf(features);
  }
}
