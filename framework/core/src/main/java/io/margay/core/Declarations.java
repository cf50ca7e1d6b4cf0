// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node wants in the kernel, by owner, and the Dataplane that it is declared to. Confined
 * to the agent thread.
 *
 * <p>A Dataplane that comes, first or later, is told everything once, after a preview whose outcome
 * is logged. One that goes takes nothing with it.
 */
final class Declarations {
  private static final Logger LOG = LoggerFactory.getLogger(Declarations.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private static final Optional<String> NO_POD = Optional.empty();

  /** Of KernelFacts: the table can be made at all. */
  private static final String NFTABLES = "nftables";

  private enum Phase {
    /** No dataplane, or nothing was wanted of it yet. */
    CLOSED,
    PREVIEWING,
    /** Everything wanted is declared, and each change at once. */
    OPEN
  }

  /** Order of declaring: what attracts traffic comes last. */
  private static final List<String> ORDER =
      List.of("host", "local", "workload", "mode", "external", "probe", "pool");

  private final AgentThread agent;
  private final Executor io;
  private final Runnable onSettled;
  private final SortedMap<Owner, DesiredState> desired =
      new TreeMap<>(
          Comparator.<Owner>comparingInt(o -> ORDER.indexOf(o.name().split("/")[0]))
              .thenComparing(Comparator.naturalOrder()));

  /** What a pool's routes wait for. */
  private final Map<Owner, Owner> prerequisites = new TreeMap<>();

  /** Pods of workloads, as far as they are known. */
  private final Map<Owner, Optional<String>> pods = new TreeMap<>();

  /** What owners may have. */
  private final Map<Owner, Grant> grants = new TreeMap<>();

  private final Set<Owner> retiredWhileClosed = new TreeSet<>();
  private final Set<Owner> deferred = new HashSet<>();
  private final List<Runnable> afterDeferred = new ArrayList<>();
  private final List<Runnable> onOpen = new ArrayList<>();
  private Phase phase = Phase.CLOSED;
  private Dataplane dataplane;
  private boolean hasOpened;
  private Optional<String> fault = Optional.empty();

  /**
   * Declarations without a dataplane.
   *
   * @param io runs what blocks
   * @param onSettled called on the agent thread when a dataplane has all that was first declared
   */
  Declarations(AgentThread agent, Executor io, Runnable onSettled) {
    this.agent = agent;
    this.io = io;
    this.onSettled = onSettled;
  }

  /** Takes over what the dataplane was told before us, so that it goes when nobody wants it. */
  void bind(Dataplane service) {
    dataplane = service;
    phase = Phase.CLOSED;
    service.desired().forEach(desired::putIfAbsent);
    deferred.clear();
    afterDeferred.clear();
  }

  void unbind(Dataplane service) {
    if (dataplane == service) {
      dataplane = null;
      phase = Phase.CLOSED;
    }
  }

  boolean isOpen() {
    return phase == Phase.OPEN;
  }

  /** Whether {@link #open} is to be called. */
  boolean isClosed() {
    return phase == Phase.CLOSED && dataplane != null;
  }

  /** Why the kernel could not be previewed. */
  Optional<String> fault() {
    return fault;
  }

  Map<Owner, DesiredState> desired() {
    return Collections.unmodifiableSortedMap(desired);
  }

  /** Sets what an owner wants; declared at once when open. */
  void set(Owner owner, DesiredState wanted, Cause cause) {
    if (cause.pod().isPresent()) {
      pods.put(owner, cause.pod());
    }
    if (!wanted.equals(desired.put(owner, wanted)) && isOpen()) {
      declare(owner, cause);
    }
  }

  /** Says what an owner may have from now on. */
  void confine(Owner owner, Grant grant) {
    if (!grant.equals(grants.put(owner, grant)) && isOpen() && desired.containsKey(owner)) {
      declare(owner, new Cause(Cause.Kind.SWAP, "another bundle"));
    }
  }

  /** As {@link #set}, but declares only when the other owner has settled, well or not. */
  void setAfter(Owner prerequisite, Owner owner, DesiredState wanted, Cause cause) {
    prerequisites.put(owner, prerequisite);
    set(owner, wanted, cause);
  }

  /** Removes an owner and, when open, all its objects. */
  void retire(Owner owner, Cause cause) {
    prerequisites.remove(owner);
    pods.remove(owner);
    if (desired.remove(owner) != null && isOpen()) {
      dataplane.retire(owner, cause);
    } else if (!isOpen()) {
      retiredWhileClosed.add(owner);
    }
  }

  /** Completes when the kernel has what the owner wants; waits for a dataplane if there is none. */
  CompletionStage<Void> settled(Owner owner) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    Runnable ask =
        () ->
            dataplane
                .settled(owner)
                .whenComplete(
                    (done, refusal) -> {
                      if (refusal == null) {
                        result.complete(null);
                      } else {
                        result.completeExceptionally(refusal);
                      }
                    });
    if (!isOpen()) {
      onOpen.add(ask);
    } else if (deferred.contains(owner)) {
      afterDeferred.add(ask);
    } else {
      ask.run();
    }
    return result;
  }

  /** Whether the kernel refuses such an object to the owner now. */
  boolean isRefused(Owner owner, Predicate<KernelObject> which) {
    return dataplane == null
        || dataplane.drift().stream()
            .filter(d -> !d.repaired() && d.owner().equals(owner))
            .flatMap(d -> d.what().after().stream())
            .anyMatch(which);
  }

  /**
   * Compares with the kernel what an owner is to have. Elements are left out while their table
   * waits: they wait with it.
   *
   * @param differences gets one line for each object
   */
  void compare(Owner owner, DesiredState wanted, CompletableFuture<List<String>> differences) {
    Dataplane target = dataplane;
    if (target == null) {
      differences.completeExceptionally(
          new DataplaneException("no bundle provides the dataplane", ""));
      return;
    }
    boolean hasTable =
        target.facts().features().contains(NFTABLES)
            && !isRefused(Owner.HOST, o -> o.kind() == KernelObject.Kind.NFT_TABLE);
    io.execute(
        () -> {
          try {
            differences.complete(
                target.preview(owner, wanted).stream()
                    .filter(c -> hasTable || !isElement(c))
                    .map(Change::toString)
                    .toList());
          } catch (DataplaneException e) {
            differences.completeExceptionally(e);
          }
        });
  }

  private static boolean isElement(Change change) {
    return change.after().filter(o -> o.kind() == KernelObject.Kind.NFT_ELEMENT).isPresent();
  }

  /** Removes what nobody wants. */
  void sweep(Predicate<KernelObject> keep, Cause cause) {
    dataplane.sweep(keep, cause);
  }

  /** Compares everything wanted with the kernel, logs the differences, then declares it all. */
  void open() {
    phase = Phase.PREVIEWING;
    Dataplane target = dataplane;
    grants.forEach(target::confine);
    Map<Owner, DesiredState> wanted = new TreeMap<>(desired);
    io.execute(
        () -> {
          try {
            logDrift(target, wanted);
            agent.execute(() -> opened(target));
          } catch (DataplaneException e) {
            agent.execute(() -> refused(target, e));
          }
        });
  }

  private static void logDrift(Dataplane target, Map<Owner, DesiredState> wanted)
      throws DataplaneException {
    Map<Owner, DesiredState> known = target.desired();
    Map<Owner, DesiredState> news = new TreeMap<>(wanted);
    news.entrySet().removeIf(e -> e.getValue().equals(known.get(e.getKey())));
    List<Change> drift = new ArrayList<>();
    if (known.isEmpty()) {
      // One preview of nearly everything: each reads the kernel, and there may be hundreds of
      // owners.
      drift.addAll(target.preview(Owner.LOCAL, union(withoutModes(wanted))));
      for (Map.Entry<Owner, DesiredState> entry : wanted.entrySet()) {
        if (isMode(entry.getKey())) {
          drift.addAll(target.preview(entry.getKey(), entry.getValue())); // Links tell their owner.
        }
      }
    } else {
      for (Map.Entry<Owner, DesiredState> entry : news.entrySet()) {
        drift.addAll(target.preview(entry.getKey(), entry.getValue()));
      }
    }
    drift.forEach(c -> LOG.debug("Drift found change={}", c));
    LOG.info("Kernel compared owners={} new={} drift={}", wanted.size(), news.size(), drift.size());
  }

  private static boolean isMode(Owner owner) {
    return owner.name().startsWith("mode/");
  }

  private static Collection<DesiredState> withoutModes(Map<Owner, DesiredState> wanted) {
    return wanted.entrySet().stream()
        .filter(e -> !isMode(e.getKey()))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Of objects with one key the first: the dataplane refuses the others to their owners. */
  private static DesiredState union(Collection<DesiredState> states) {
    Map<Object, KernelObject> objects = new LinkedHashMap<>();
    states.forEach(state -> state.objects().forEach(o -> objects.putIfAbsent(o.key(), o)));
    return DesiredState.of(objects.values());
  }

  private void refused(Dataplane target, DataplaneException e) {
    if (target == dataplane && phase == Phase.PREVIEWING) {
      LOG.warn("Kernel cannot be read, trying again seconds={}", RETRY.toSeconds(), e);
      fault = Optional.of(e.getMessage());
      agent.after(RETRY, () -> retry(target));
    }
  }

  private void retry(Dataplane target) {
    if (target == dataplane && phase == Phase.PREVIEWING) {
      open();
    }
  }

  private void opened(Dataplane target) {
    if (target != dataplane || phase != Phase.PREVIEWING) {
      return;
    }
    fault = Optional.empty();
    phase = Phase.OPEN;
    Cause cause =
        hasOpened
            ? new Cause(Cause.Kind.SWAP, "another dataplane")
            : new Cause(Cause.Kind.START, "agent start");
    hasOpened = true;
    retiredWhileClosed.removeAll(desired.keySet());
    retiredWhileClosed.forEach(owner -> dataplane.retire(owner, cause));
    retiredWhileClosed.clear();
    desired.keySet().forEach(o -> declare(o, cause.withPod(pods.getOrDefault(o, NO_POD))));
    List<Runnable> waiting = List.copyOf(onOpen);
    onOpen.clear();
    waiting.forEach(Runnable::run);
    whenSettled(onSettled);
  }

  /** Whether a declaration waits for another owner to settle. */
  boolean hasDeferred() {
    return !deferred.isEmpty();
  }

  /**
   * Calls back on the agent thread when the kernel has answered to everything declared now, unless
   * the dataplane goes before that.
   */
  void whenSettled(Runnable task) {
    if (hasDeferred()) {
      afterDeferred.add(() -> whenSettled(task));
      return;
    }
    Dataplane target = dataplane;
    CompletableFuture<?>[] all =
        desired.keySet().stream()
            .map(o -> target.settled(o).toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(all)
        .whenComplete(
            (done, refusal) ->
                agent.execute(
                    () -> {
                      if (target == dataplane) {
                        task.run();
                      }
                    }));
  }

  private void declare(Owner owner, Cause cause) {
    Optional.ofNullable(grants.get(owner)).ifPresent(grant -> dataplane.confine(owner, grant));
    Owner prerequisite = prerequisites.get(owner);
    if (prerequisite == null || !desired.containsKey(prerequisite)) {
      dataplane.declare(owner, desired.get(owner), cause);
      return;
    }
    Dataplane target = dataplane;
    deferred.add(owner);
    target
        .settled(prerequisite)
        .whenComplete(
            (done, refusal) -> agent.execute(() -> declareDeferred(target, owner, cause)));
  }

  private void declareDeferred(Dataplane target, Owner owner, Cause cause) {
    if (target != dataplane) {
      return;
    }
    DesiredState latest = desired.get(owner);
    if (latest != null) {
      target.declare(owner, latest, cause);
    }
    deferred.remove(owner);
    if (deferred.isEmpty()) {
      List<Runnable> waiting = List.copyOf(afterDeferred);
      afterDeferred.clear();
      waiting.forEach(Runnable::run);
    }
  }
}
