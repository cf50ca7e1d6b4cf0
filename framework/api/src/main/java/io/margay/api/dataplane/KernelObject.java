// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

/**
 * Something the kernel holds and Margay may declare. Values are immutable; {@code toString()} is
 * the object in the syntax of {@code ip}.
 *
 * <p>Only what was set with a {@code withX} is declared: the diff compares no other property, since
 * the kernel reports many more. The family of kinds grows with the modes that need them, so do not
 * enumerate it.
 */
public sealed interface KernelObject
    permits Link,
        Address,
        Sysctl,
        Offload,
        RateLimit,
        Neighbour,
        FdbEntry,
        BpfMap,
        BpfMapEntry,
        BpfProgram,
        NftTable,
        NftElement,
        Rule,
        Route {

  /** The kernel's own key: two objects with equal keys cannot both exist. */
  Object key();

  /** Kind, in the order in which objects are written; they are deleted in reverse. */
  Kind kind();

  /** Kinds of objects in the order of writing. */
  enum Kind {
    LINK,
    ADDRESS,
    /** Settings, which carry no mark: {@link Sysctl}, {@link Offload}, {@link RateLimit}. */
    SYSCTL,
    NEIGHBOUR,
    FDB,
    BPF_MAP,
    BPF_MAP_ENTRY,
    BPF_PROGRAM,
    NFT_TABLE,
    NFT_ELEMENT,
    RULE,
    ROUTE
  }
}
