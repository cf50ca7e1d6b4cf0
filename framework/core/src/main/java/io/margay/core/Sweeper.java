// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Owner;
import io.margay.api.net.Cidr;
import io.margay.core.plan.FrozenObjects;
import io.margay.core.view.Mirror;
import io.margay.core.view.PoolEntry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Has what is ours and nobody wants removed: once, when a dataplane has all that was declared at
 * start, and again when something that was kept as frozen is declared. Confined to the agent
 * thread.
 */
final class Sweeper {
  private final Mirror mirror;
  private final Planner planner;
  private final Declarations declarations;
  private final UnderlayReader underlayReader;
  private boolean hasSettled;
  private boolean isDue;
  private boolean isAwaited;
  private Set<String> keptLast = Set.of();

  Sweeper(
      Mirror mirror, Planner planner, Declarations declarations, UnderlayReader underlayReader) {
    this.mirror = mirror;
    this.planner = planner;
    this.declarations = declarations;
    this.underlayReader = underlayReader;
  }

  /** Another dataplane has come; it has not settled. */
  void restart() {
    hasSettled = false;
    isAwaited = false;
  }

  /** Everything declared at first has settled. */
  void settled() {
    hasSettled = true;
    isDue = true;
    sweep();
  }

  /** To be called after each declaration. */
  void sweepIfDue() {
    isDue |= hasSettled && !kept().keySet().containsAll(keptLast);
    if (isDue && hasSettled && !isAwaited) {
      isAwaited = true;
      declarations.whenSettled(
          () -> {
            isAwaited = false;
            sweep();
          });
    }
  }

  /** Not while a document is unreadable: what it stands for has no owner, and yet is wanted. */
  private void sweep() {
    if (!isDue
        || !planner.isIdle()
        || planner.isRetiring()
        || declarations.hasDeferred()
        || !mirror.isComplete()) {
      return; // The next declaration asks again.
    }
    Map<String, Cidr> kept = kept();
    isDue = false;
    keptLast = kept.keySet();
    declarations.sweep(
        new FrozenObjects(
            List.copyOf(kept.values()),
            planner.frozenModes(),
            underlayReader.latest().orElseThrow(),
            mirror.configuration().interfacePrefix()),
        new Cause(Cause.Kind.REPAIR, "nobody wants it"));
  }

  /** Pools that are not declared, and blocks without a pool. */
  private Map<String, Cidr> kept() {
    Map<String, Cidr> kept = new TreeMap<>();
    for (PoolEntry pool : planner.view().pools().values()) {
      if (!declarations.desired().containsKey(Owner.pool(pool.name()))) {
        kept.put(pool.name(), pool.cidr());
      }
    }
    planner.wanted().orphans().forEach(cidr -> kept.put(cidr.toString(), cidr));
    return kept;
  }
}
