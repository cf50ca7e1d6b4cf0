// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.PoolRules;
import io.margay.api.resource.Problem;
import io.margay.api.resource.Resource;
import io.margay.api.resource.Resources;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Compares the resources of a file with the store and says what is to be written. */
final class ApplyPlanner {
  private final Store store;
  private final Clock clock;

  ApplyPlanner(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** One change per draft, in order; what speaks against any goes to {@code problems}. */
  List<Change> plan(List<Draft> drafts, List<String> problems) throws StoreException {
    List<Change> changes = new ArrayList<>();
    for (Draft draft : drafts) {
      plan(draft, problems).ifPresent(changes::add);
    }
    checkPools(drafts, problems);
    return changes;
  }

  private Optional<Change> plan(Draft draft, List<String> problems) throws StoreException {
    Optional<Entry> entry = store.get(draft.resource().key());
    Optional<Map<String, Object>> before = entry.map(Stored::document);
    Map<String, Object> merged = Merge.merge(draft.document().content(), before, clock.instant());
    Revision revision = entry.map(Entry::revision).orElse(Revision.NONE);
    Optional<String> version = Merge.version(draft.document().content());
    if (version.isPresent() && !version.get().equals(revision.toString())) {
      String expected =
          entry.isPresent()
              ? revision + ", as it was changed since; without the field it is overwritten"
              : "none: there is no such resource";
      problems.add(
          draft.describe(new Problem("metadata.resourceVersion", version.get(), expected)));
      return Optional.empty();
    }
    Resource resource;
    try {
      resource = Resources.of(merged);
    } catch (InvalidResourceException e) {
      e.problems().forEach(problem -> problems.add(draft.describe(problem)));
      return Optional.empty();
    }
    if (before.equals(Optional.of(merged))) {
      return Optional.of(new Change(resource.key(), "unchanged", Optional.empty(), List.of()));
    }
    Write write = Write.put(resource.key(), resource.toJson(), Expected.at(revision));
    String verb = entry.isPresent() ? "configured" : "created";
    return Optional.of(
        new Change(
            resource.key(),
            verb,
            Optional.of(write),
            before.isPresent() ? Differences.of(before.get(), merged) : List.of()));
  }

  /** Pools must fit to each other as they will be, those of the file included. */
  private void checkPools(List<Draft> drafts, List<String> problems) throws StoreException {
    List<Draft> ofPools = drafts.stream().filter(d -> d.resource() instanceof IpPool).toList();
    if (ofPools.isEmpty()) {
      return;
    }
    Map<String, IpPool> before = new LinkedHashMap<>();
    Stored.pools(store).forEach(pool -> before.put(pool.name(), pool));
    Map<String, IpPool> after = new LinkedHashMap<>(before);
    ofPools.forEach(draft -> after.put(draft.resource().name(), (IpPool) draft.resource()));
    List<IpamBlock> blocks = Stored.blocks(store);
    for (Draft draft : ofPools) {
      IpPool pool = (IpPool) draft.resource();
      PoolRules.problems(pool, Optional.ofNullable(before.get(pool.name())), after.values(), blocks)
          .forEach(problem -> problems.add(draft.describe(problem)));
    }
  }
}
