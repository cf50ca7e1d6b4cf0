// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.health.Health;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.WorkloadWitness.Testimony;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Revision;
import io.margay.api.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks again and again at what this node holds, and repairs what has stood unchanged for long
 * enough. All of it is compare-and-set on what was seen, so that a pod that comes back meanwhile
 * keeps its addresses.
 *
 * <p>A workload's addresses are released when two witnesses agree: its link is gone from the
 * kernel, and the runtime has since listed its workloads without it, or has said nothing for the
 * grace period. While this node's own Node is missing it changes nothing.
 */
final class Reconciler {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
  private static final String NAME = "addresses";

  /** Passes between two readings of all handles of the cluster. */
  private static final int HANDLE_PASSES = 60;

  /**
   * When something is due.
   *
   * @param interval between two passes; shorter than this nothing counts as standing
   * @param grace how long a leak, a spare block or what a deleted node left must stand
   */
  record Timing(Duration interval, Duration grace) {}

  /** Since when a finding stands, and in how many passes it was seen. */
  private record Standing(long sinceNanos, int passes) {}

  /** What the container runtime says. */
  interface Witness {
    Optional<Testimony> lastWord(String network, String handle);
  }

  private final String self;
  private final BlockIpam ipam;
  private final SnapshotReader reader;
  private final Repairs repairs;
  private final Supplier<List<Held<WorkloadEndpoint>>> endpoints;
  private final Witness witness;
  private final Timing timing;
  private final LongSupplier nanos;

  /** Endpoints of pods that have their link, by handle, when they were last seen. */
  private final Map<String, Held<WorkloadEndpoint>> attached = new HashMap<>();

  private Map<Finding, Standing> standing = Map.of();
  private int passes;
  private volatile Health health = Health.ok(NAME);

  /**
   * Has seen nothing yet.
   *
   * @param endpoints those of this node
   * @param nanos as {@link System#nanoTime}
   */
  Reconciler(
      String self,
      BlockIpam ipam,
      Supplier<List<Held<WorkloadEndpoint>>> endpoints,
      Witness witness,
      Timing timing,
      LongSupplier nanos) {
    this.self = self;
    this.ipam = ipam;
    this.reader = ipam.snapshots(self);
    this.repairs = ipam.repairs(self);
    this.endpoints = endpoints;
    this.witness = witness;
    this.timing = timing;
    this.nanos = nanos;
  }

  /**
   * Looks once.
   *
   * @param links of this node's workloads, by handle, read from the kernel just now; empty when
   *     that was not possible
   * @return whether to look again soon: pods seem to have lost addresses, and new ones get none
   */
  boolean pass(Optional<Map<String, String>> links) throws StoreException {
    boolean withHandles = passes++ % HANDLE_PASSES < 2;
    Snapshot snapshot = reader.own(remembered(links), links, withHandles);
    List<Finding> findings = new ArrayList<>(Audit.of(snapshot));
    findings.addAll(Audit.spareBlocks(snapshot));
    findings.addAll(deletedNodes(snapshot));
    note(findings);
    report();
    if (snapshot.nodes().contains(self)) {
      for (Finding finding : findings) {
        if (finding.fix().isPresent() && isDue(finding, finding.fix().get(), snapshot)) {
          repair(finding, finding.fix().get());
        }
      }
    }
    return standing.keySet().stream().anyMatch(Finding::isLost);
  }

  /**
   * The endpoints of this node, with those that were deleted while their pods have their links: of
   * a node that was deleted while it runs, they say which addresses it uses.
   */
  private List<Held<WorkloadEndpoint>> remembered(Optional<Map<String, String>> links) {
    Map<String, Held<WorkloadEndpoint>> all = new HashMap<>();
    links.ifPresent(now -> attached.keySet().retainAll(now.keySet()));
    attached.forEach((handle, held) -> all.put(handle, new Held<>(held.value(), Revision.NONE)));
    for (Held<WorkloadEndpoint> held : endpoints.get()) {
      String handle = held.value().handle();
      all.put(handle, held);
      if (links.filter(now -> now.containsKey(handle)).isPresent()) {
        attached.put(handle, held);
      }
    }
    return List.copyOf(all.values());
  }

  Health health() {
    return health;
  }

  /** Nodes that do not exist and hold blocks or addresses, wherever. */
  private List<Finding> deletedNodes(Snapshot snapshot) {
    Set<String> deleted = new TreeSet<>(ipam.view().holders());
    deleted.removeAll(snapshot.nodes());
    return deleted.stream().map(Audit::deletedNode).toList();
  }

  private void note(List<Finding> findings) {
    Map<Finding, Standing> next = new HashMap<>();
    for (Finding finding : findings) {
      Standing before = standing.get(finding);
      next.put(
          finding,
          before == null
              ? new Standing(nanos.getAsLong(), 1)
              : new Standing(before.sinceNanos(), before.passes() + 1));
    }
    standing = next;
  }

  /** Whoever has lost addresses to others gives out none until that is sorted out. */
  private void report() {
    List<Finding> lost =
        standing.entrySet().stream()
            .filter(e -> e.getKey().isLost() && e.getValue().passes() > 1)
            .map(Map.Entry::getKey)
            .sorted(Comparator.comparing(Finding::object))
            .toList();
    for (Finding finding : lost) {
      if (standing.get(finding).passes() == 2) {
        LOG.error(
            "Pod has lost its address object={} problem={} action={}",
            finding.object(),
            finding.problem(),
            finding.action());
      }
    }
    if (lost.isEmpty()) {
      ipam.refuse(Optional.empty());
      health = forPeople();
      return;
    }
    String all = text(lost);
    ipam.refuse(Optional.of("node " + self + " has lost what it held: " + all));
    health = Health.down(NAME, all + "; new pods get none until that is settled: see ipam:check");
  }

  private Health forPeople() {
    List<Finding> open =
        standing.entrySet().stream()
            .filter(e -> e.getKey().fix().isEmpty() && e.getValue().passes() > 1)
            .map(Map.Entry::getKey)
            .toList();
    return open.isEmpty()
        ? Health.ok(NAME)
        : Health.degraded(NAME, text(open) + ": see ipam:check");
  }

  private static String text(List<Finding> findings) {
    return findings.stream().map(Finding::toString).sorted().collect(Collectors.joining("; "));
  }

  private boolean isDue(Finding finding, Fix fix, Snapshot snapshot) {
    Standing seen = standing.get(finding);
    long now = nanos.getAsLong();
    if (seen.passes() < 2) {
      return false;
    }
    if (finding.isLost()) {
      return true;
    }
    if (now - seen.sinceNanos() < timing.interval().toNanos()) {
      return false;
    }
    if (fix instanceof Fix.Release release) {
      return isForgotten(release, seen.sinceNanos(), now);
    }
    if (fix instanceof Fix.FreeNode node) {
      long turn = timing.interval().toNanos() * rank(node.node(), snapshot.nodes());
      return now - seen.sinceNanos() >= timing.grace().toNanos() + turn;
    }
    return !(fix instanceof Fix.GiveBack) || now - seen.sinceNanos() >= timing.grace().toNanos();
  }

  /** The second witness: the link has been gone since then. */
  private boolean isForgotten(Fix.Release release, long goneNanos, long now) {
    Optional<Testimony> word =
        release.network().isEmpty()
            ? Optional.empty()
            : witness.lastWord(release.network(), release.handle());
    long since = goneNanos;
    if (word.isPresent()) {
      long said = word.get().atNanos();
      switch (word.get().word()) {
        case UNDER_WAY -> {
          return false;
        }
        case UNKNOWN -> {
          if (said - goneNanos > 0) {
            return true;
          }
        }
        case KNOWN -> since = said - goneNanos > 0 ? said : goneNanos;
      }
    }
    return now - since >= timing.grace().toNanos();
  }

  /**
   * Whose turn it is to free a deleted node: another node's first for each, and the next one's when
   * nothing has happened, so that no dead agent is waited for and not all write at once.
   */
  private int rank(String deleted, Set<String> nodes) {
    long own = turn(deleted, self);
    return (int) nodes.stream().filter(node -> turn(deleted, node) < own).count();
  }

  private static long turn(String deleted, String node) {
    return Claims.spread(deleted + "/" + node);
  }

  private void repair(Finding finding, Fix fix) {
    try {
      if (repairs.apply(fix)) {
        LOG.info(
            "Repaired object={} problem={} action={}",
            finding.object(),
            finding.problem(),
            finding.action());
      }
    } catch (IpamException e) {
      LOG.warn(
          "Not repaired, trying again object={} problem={} reason={}",
          finding.object(),
          finding.problem(),
          e.getMessage());
    }
  }
}
