// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Plan;
import io.margay.api.mode.Sending;
import io.margay.core.ModePlanner.Good;
import io.margay.core.plan.CoreModeView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Lets the modes of one bundle take over from those of another: first they plan for what is there
 * now, and what that would change in the kernel is told; then their plans come into force. Confined
 * to the agent thread.
 */
final class ModeHandover {
  private final Executor io;
  private final Modes modes;
  private final Planner planner;
  private final Declarations declarations;
  private final Supplier<Optional<Dataplane>> dataplane;
  private final Runnable onChange;

  /** What was rehearsed, by planner, until it is adopted. */
  private final Map<ModePlanner, Good> rehearsed = new LinkedHashMap<>();

  /**
   * A handover.
   *
   * @param io runs what blocks
   * @param onChange called when another bundle plans
   */
  ModeHandover(
      Executor io,
      Modes modes,
      Planner planner,
      Declarations declarations,
      Supplier<Optional<Dataplane>> dataplane,
      Runnable onChange) {
    this.io = io;
    this.modes = modes;
    this.planner = planner;
    this.declarations = declarations;
    this.dataplane = dataplane;
    this.onChange = onChange;
  }

  /**
   * What the kernel would have to change if the modes of this bundle planned from now on; nothing
   * for modes that no pool uses. Fails when one of them throws or is late.
   */
  CompletionStage<List<Change>> rehearse(long bundle) {
    rehearsed.keySet().retainAll(modes.all());
    List<CompletableFuture<Void>> plans = new ArrayList<>();
    for (ModePlanner mode : modes.of(bundle)) {
      Optional<CoreModeView> view = planner.viewOf(mode.name());
      if (view.isPresent()) {
        plans.add(
            mode.rehearse(view.get(), planner.nodes())
                .thenAccept(good -> rehearsed.put(mode, good))
                .toCompletableFuture());
      }
    }
    return CompletableFuture.allOf(plans.toArray(CompletableFuture[]::new))
        .thenCompose(done -> changes(bundle));
  }

  /** Puts the rehearsed plans of this bundle into force, and lets it plan from now on. */
  void adopt(long bundle) {
    modes.of(bundle).forEach(m -> Optional.ofNullable(rehearsed.remove(m)).ifPresent(m::adopt));
    modes.prefer(bundle);
    onChange.run();
  }

  /** What the bundle of a mode may not own is known before the dataplane refuses it. */
  private Optional<String> forbidden(long bundle) {
    return modes.of(bundle).stream()
        .filter(rehearsed::containsKey)
        .flatMap(
            mode ->
                rehearsed.get(mode).plan().standing().stream()
                    .flatMap(object -> mode.provider().grant().refusal(object).stream()))
        .findFirst();
  }

  private CompletionStage<List<Change>> changes(long bundle) {
    Optional<String> forbidden = forbidden(bundle);
    if (forbidden.isPresent()) {
      return CompletableFuture.failedFuture(new IllegalStateException(forbidden.get()));
    }
    Map<Owner, DesiredState> wanted = new TreeMap<>();
    for (ModePlanner mode : modes.of(bundle)) {
      Good good = rehearsed.get(mode);
      if (good != null) {
        wanted.put(Owner.mode(mode.name()), DesiredState.of(good.plan().standing()));
        wanted.putAll(routes(mode.name(), good.plan()));
      }
    }
    if (!wanted.isEmpty()) {
      wanted.put(Owner.HOST, planner.host(plansWith(bundle)));
    }
    Map<Owner, DesiredState> now = new TreeMap<>();
    declarations.desired().forEach(now::put);
    wanted.entrySet().removeIf(e -> e.getValue().equals(now.get(e.getKey())));
    return wanted.isEmpty() ? CompletableFuture.completedFuture(List.of()) : preview(wanted, now);
  }

  /** The plans in force, but those of this bundle's modes by what it rehearsed. */
  private List<Plan> plansWith(long bundle) {
    List<Plan> plans = new ArrayList<>();
    for (String name : planner.wanted().byMode().keySet()) {
      modes.of(bundle).stream()
          .filter(m -> m.name().equals(name))
          .flatMap(m -> Optional.ofNullable(rehearsed.get(m)).stream())
          .findFirst()
          .or(() -> modes.active(name).flatMap(ModePlanner::lastGood))
          .ifPresent(good -> plans.add(good.plan()));
    }
    return plans;
  }

  /** The routes of the pools, where they are those that the mode in force has planned. */
  private Map<Owner, DesiredState> routes(String mode, Plan plan) {
    Map<Owner, DesiredState> changed = new TreeMap<>();
    Optional<Plan> before = modes.active(mode).flatMap(ModePlanner::lastGood).map(Good::plan);
    if (before.isEmpty()) {
      return changed;
    }
    for (String pool : planner.wanted().byMode().getOrDefault(mode, List.of())) {
      DesiredState declared = declarations.desired().get(Owner.pool(pool));
      if (declared == null) {
        continue;
      }
      Map<Object, KernelObject> objects = new LinkedHashMap<>(declared.byKey());
      objects.replaceAll((key, object) -> successor(object, before.get(), plan));
      changed.put(Owner.pool(pool), DesiredState.of(objects.values()));
    }
    return changed;
  }

  private static KernelObject successor(KernelObject object, Plan before, Plan after) {
    if (!(object instanceof Route route)) {
      return object;
    }
    Sending old = before.sendings().get(route.destination());
    Sending fresh = after.sendings().get(route.destination());
    return old != null && fresh != null && old.route().equals(route) ? fresh.route() : object;
  }

  /** What is wanted more than now; what the kernel refuses already is no difference. */
  private CompletionStage<List<Change>> preview(
      Map<Owner, DesiredState> wanted, Map<Owner, DesiredState> now) {
    CompletableFuture<List<Change>> result = new CompletableFuture<>();
    Optional<Dataplane> target = dataplane.get();
    if (target.isEmpty()) {
      result.completeExceptionally(new IllegalStateException("no bundle provides the dataplane"));
      return result;
    }
    io.execute(
        () -> {
          try {
            List<Change> changes = new ArrayList<>();
            for (Map.Entry<Owner, DesiredState> entry : wanted.entrySet()) {
              Owner owner = entry.getKey();
              DesiredState before = now.getOrDefault(owner, DesiredState.EMPTY);
              Set<Change> already = new LinkedHashSet<>(target.get().preview(owner, before));
              target.get().preview(owner, entry.getValue()).stream()
                  .filter(c -> !already.contains(c))
                  .forEach(changes::add);
            }
            result.complete(changes);
          } catch (DataplaneException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }
}
