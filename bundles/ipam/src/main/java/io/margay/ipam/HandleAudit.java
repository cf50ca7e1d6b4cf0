// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.IpamHandle;
import io.margay.api.store.Revision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compares what handles count with what blocks say they hold. Pure. */
final class HandleAudit {
  private final Snapshot snapshot;
  private final Map<String, Holding> holdings;
  private final Map<String, Held<IpamHandle>> handles;
  private final List<Finding> findings = new ArrayList<>();

  private HandleAudit(
      Snapshot snapshot, Map<String, Holding> holdings, Map<String, Held<IpamHandle>> handles) {
    this.snapshot = snapshot;
    this.holdings = holdings;
    this.handles = handles;
  }

  static List<Finding> of(Snapshot snapshot, Map<String, Holding> holdings) {
    if (snapshot.handles().isEmpty()) {
      return List.of();
    }
    HandleAudit audit = new HandleAudit(snapshot, holdings, snapshot.handles().get());
    holdings.values().forEach(audit::holding);
    audit.handles.values().forEach(audit::handle);
    return audit.findings;
  }

  private void holding(Holding holding) {
    Held<IpamHandle> held = handles.get(IpamHandle.nameOf(holding.handle()));
    Map<Cidr, Integer> counted =
        held == null || held.value().deleted() ? Map.of() : held.value().blocks();
    boolean leads =
        holding.counts().entrySet().stream()
            .allMatch(e -> counted.getOrDefault(e.getKey(), 0) >= e.getValue());
    if (!leads) {
      findings.add(
          Finding.fixable(
              holding.object(),
              "held by "
                  + holding.handle()
                  + ", and "
                  + (held == null ? "there is no such handle" : "the handle does not count it"),
              "write the handle",
              new Fix.CountHandle(
                  holding.handle(),
                  held == null ? Revision.NONE : held.revision(),
                  holding.blocks())));
    }
  }

  /** One that counts too many; judged only when all blocks that it names are known. */
  private void handle(Held<IpamHandle> held) {
    IpamHandle handle = held.value();
    Holding holding = holdings.get(handle.handleId());
    Map<Cidr, Integer> counts = holding == null ? Map.of() : holding.counts();
    boolean isKnown =
        handle.blocks().keySet().stream()
            .allMatch(b -> snapshot.blocks().containsKey(b) || !snapshot.exists().test(b));
    Set<Cidr> wrong = new HashSet<>(handle.blocks().keySet());
    wrong.removeIf(block -> handle.blocks().get(block) <= counts.getOrDefault(block, 0));
    boolean isEmpty = handle.blocks().isEmpty() && !handle.deleted();
    if (isKnown && (!wrong.isEmpty() || isEmpty)) {
      findings.add(
          Finding.fixable(
              "handle " + handle.handleId(),
              counts.isEmpty() ? "holds no address" : "counts addresses that it does not hold",
              counts.isEmpty() ? "delete" : "correct the count",
              new Fix.CountHandle(handle.handleId(), held.revision(), counts.keySet())));
    }
  }
}
