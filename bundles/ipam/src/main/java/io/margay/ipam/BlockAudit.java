// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.BlockAffinity.State;
import io.margay.api.resource.BlockAffinity.Type;
import io.margay.api.resource.IpamBlock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Looks at blocks and at who says that they are theirs. Pure. */
final class BlockAudit {
  private final Snapshot snapshot;
  private final List<Finding> findings = new ArrayList<>();

  /** Names of affinities that make a block a node's. */
  private final Set<String> confirmed = new HashSet<>();

  private BlockAudit(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  static List<Finding> of(Snapshot snapshot) {
    BlockAudit audit = new BlockAudit(snapshot);
    for (Held<BlockAffinity> held : snapshot.affinities()) {
      if (held.value().type() == Type.HOST && !held.value().deleted()) {
        audit.affinity(held);
      }
    }
    snapshot.blocks().values().stream()
        .filter(held -> !held.value().deleted())
        .forEach(audit::block);
    audit.overlaps();
    return audit.findings;
  }

  private void affinity(Held<BlockAffinity> held) {
    BlockAffinity affinity = held.value();
    Held<IpamBlock> block = snapshot.blocks().get(affinity.cidr());
    if (!snapshot.nodes().contains(affinity.node())) {
      return; // Goes with its node.
    }
    boolean isUnknown = block == null && snapshot.exists().test(affinity.cidr());
    Optional<String> owner = block == null ? Optional.empty() : block.value().owner();
    if (owner.equals(Optional.of(affinity.node())) || isUnknown) {
      if (affinity.state() == State.CONFIRMED) {
        confirmed.add(affinity.name());
      }
      return;
    }
    findings.add(
        Finding.fixable(
            "affinity of node " + affinity.node() + " to " + affinity.cidr(),
            block == null
                ? "there is no such block"
                : "the block is " + owner.map(n -> "node " + n + "'s").orElse("nobody's"),
            "delete",
            new Fix.Delete(new Fix.Document(affinity.key(), held.revision()))));
  }

  private void block(Held<IpamBlock> held) {
    IpamBlock block = held.value();
    Optional<String> owner = block.owner();
    String object = "block " + block.cidr();
    if (!block.lost().isEmpty()) {
      String lost = block.lost().stream().map(Ip::text).collect(Collectors.joining(", "));
      findings.add(
          Finding.fixable(
              object,
              "neither held nor free: " + lost,
              "make them free",
              new Fix.QueueLost(block.cidr(), held.revision())));
    }
    if (owner.filter(snapshot.nodes()::contains).isPresent()
        && !confirmed.contains(BlockAffinity.nameOf(owner.get(), block.cidr()))) {
      findings.add(
          Finding.fixable(
              object,
              "is node " + owner.get() + "'s, which has no confirmed affinity to it",
              "confirm the affinity",
              new Fix.Claim(owner.get(), block.cidr())));
    }
    if (block.affinity().isEmpty() && snapshot.cooled(block).isEmpty()) {
      findings.add(
          Finding.fixable(
              object,
              "is empty and nobody's",
              "delete",
              new Fix.Delete(new Fix.Document(block.key(), held.revision()))));
    }
    if (snapshot.poolOf(block.cidr()).isEmpty()) {
      noPool(held, owner);
    }
    block
        .allocations()
        .forEach(
            (address, holder) -> {
              if (holder.handleId().isEmpty() && holder.releasedAt().isEmpty()) {
                findings.add(
                    Finding.of(
                        "address " + Ip.text(address),
                        "held without a handle",
                        "look at block " + block.cidr()));
              }
            });
  }

  private void noPool(Held<IpamBlock> held, Optional<String> owner) {
    IpamBlock block = held.value();
    String object = "block " + block.cidr();
    boolean canGo =
        owner.filter(snapshot.nodes()::contains).isPresent() && snapshot.cooled(block).isEmpty();
    findings.add(
        canGo
            ? Finding.fixable(
                object,
                "is in no pool",
                "give back",
                new Fix.GiveBack(owner.get(), block.cidr(), held.revision()))
            : Finding.of(object, "is in no pool", "create the pool, or delete the pods"));
  }

  private void overlaps() {
    Optional<Cidr> before = Optional.empty();
    for (Cidr cidr : new TreeMap<>(snapshot.blocks()).keySet()) {
      if (before.filter(b -> b.overlaps(cidr)).isPresent()) {
        findings.add(
            Finding.of(
                "block " + cidr, "overlaps block " + before.get(), "delete the pods of one"));
      }
      before = Optional.of(cidr);
    }
  }
}
