// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.dataplane.Change;
import io.margay.api.mode.RoutingMode;
import io.margay.core.ModeState;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One bundle takes the place of another of the same name, or a place of its own: install beside,
 * resolve, start, check, hand over, stop the old one, watch, and then remove the old one, or start
 * it again and remove the new one. Runs on the swap thread.
 *
 * <p>Only when it has been watched is the new bundle written down as the one in force: an agent
 * that is killed before starts with the old one.
 */
final class Swap {
  private static final Logger LOG = LoggerFactory.getLogger(Swap.class);
  private static final long GATE_MILLIS = 10_000;
  private static final long LOOK_MILLIS = 250;

  /** How long the node may be worse than before, after the time of baking. */
  private static final long GRACE_MILLIS = 20_000;

  private final Platform platform;
  private final InstalledBundles installed;
  private final Order order;
  private final Optional<Bundle> old;
  private final Map<ServiceReference<?>, Runnable> held = new HashMap<>();
  private final Set<Thread> oldThreads = new HashSet<>();
  private final Set<Thread> freshThreads = new HashSet<>();
  private Promise promise = Promise.NOTHING;
  private Vitals before = new Vitals(Map.of());
  private String remark = "";
  private volatile long pauseMillis = -1;

  Swap(Platform platform, InstalledBundles installed, Order order) {
    this.platform = platform;
    this.installed = installed;
    this.order = order;
    this.old = platform.life().find(order.jar().name());
  }

  /** Symbolic name of the bundle. */
  String name() {
    return order.jar().name();
  }

  /** Whether it has come to the point from which the old bundle is being stopped. */
  boolean isHandingOver() {
    return pauseMillis >= 0;
  }

  SwapRecord run() throws InterruptedException, IOException {
    try {
      return attempt();
    } catch (SwapException e) {
      return record(SwapRecord.Outcome.REFUSED, e.getMessage());
    } finally {
      held.values().forEach(Runnable::run);
    }
  }

  private SwapRecord attempt() throws SwapException, InterruptedException, IOException {
    platform.gatekeeper().check(order.jar());
    if (old.isPresent()) {
      Gatekeeper.checkUsers(old.get());
      // What ran before was good enough, though it may have had less to offer.
      promise = order.isRollback() ? Promise.NOTHING : Promise.of(old.get(), platform.components());
    }
    JarFacts jar = installed.keep(order.jar());
    if (old.isPresent() && BundleLife.location(jar.file()).equals(old.get().getLocation())) {
      throw new SwapException(jar.title() + " from this file is what runs");
    }
    before = Vitals.of(platform.checks());
    Bundle fresh = platform.life().install(jar.file());
    boolean mayStay = false;
    try {
      boolean isBeside = old.isEmpty() || !jar.ownsPort();
      if (isBeside) {
        startBeside(fresh);
      }
      if (order.isDryRun()) {
        return record(
            SwapRecord.Outcome.DRY_RUN,
            isBeside ? "" : "resolves; it can be started only when the other has stopped");
      }
      mayStay = true;
      return isBeside ? handOver(jar, fresh) : replaceAfterStop(jar, fresh);
    } finally {
      if (!mayStay) {
        discard(fresh);
      }
    }
  }

  /** Starts the new bundle and checks all that can be checked while the old one serves. */
  private void startBeside(Bundle fresh) throws SwapException, InterruptedException {
    if (old.isPresent()) {
      oldThreads.addAll(Leftovers.threadsOf(old.get()));
    }
    platform.life().start(fresh);
    freshThreads.addAll(Leftovers.threadsOf(fresh));
    freshThreads.removeAll(oldThreads);
    awaitService(fresh);
    order.tell(
        Promise.title(fresh)
            + old.map(o -> " started beside " + o.getVersion()).orElse(" started"));
    if (old.isEmpty()) {
      return; // Its modes stand by, unless nobody else provides them.
    }
    List<Change> changes = platform.modes().rehearse(fresh);
    changes.forEach(c -> order.tell("  " + c));
    order.tell(changes.size() + " changes to the kernel");
    if (!changes.isEmpty() && !order.accepts() && !order.isDryRun()) {
      throw new SwapException(
          Promise.title(fresh)
              + " would make "
              + changes.size()
              + " changes to the kernel, such as "
              + changes.get(0)
              + "; --accept lets it");
    }
  }

  private SwapRecord handOver(JarFacts jar, Bundle fresh)
      throws SwapException, InterruptedException, IOException {
    long began = System.nanoTime();
    pauseMillis = 0;
    if (old.isPresent()) {
      platform.modes().adopt(fresh);
      stopOld();
    }
    pauseMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    handedOver("handed over");
    return bake(jar, fresh);
  }

  private SwapRecord replaceAfterStop(JarFacts jar, Bundle fresh)
      throws InterruptedException, IOException {
    long began = System.nanoTime();
    pauseMillis = 0;
    try {
      oldThreads.addAll(Leftovers.threadsOf(old.orElseThrow()));
      platform.life().stop(old.orElseThrow());
      platform.life().start(fresh);
      freshThreads.addAll(Leftovers.threadsOf(fresh));
      freshThreads.removeAll(oldThreads);
      awaitService(fresh);
    } catch (SwapException e) {
      return rollBack(fresh, e.getMessage());
    }
    pauseMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    handedOver("replaced");
    return bake(jar, fresh);
  }

  private void handedOver(String what) {
    order.tell(what + " in " + pauseMillis + " ms");
    LOG.info("Bundle handed over bundle={} millis={}", order.jar().title(), pauseMillis);
  }

  /** The old bundle drains. One that hangs serves nobody any more: that is no reason to go back. */
  private void stopOld() {
    try {
      platform.life().stop(old.orElseThrow());
    } catch (SwapException e) {
      remark(e.getMessage());
    }
  }

  private SwapRecord bake(JarFacts jar, Bundle fresh) throws InterruptedException, IOException {
    order.tell("watching it for " + order.bake().toSeconds() + " s");
    Optional<String> problem = watch(fresh);
    if (problem.isPresent()) {
      return rollBack(fresh, problem.get());
    }
    installed.put(jar);
    if (old.isPresent()) {
      remove(old.get(), oldThreads);
    }
    return record(SwapRecord.Outcome.DONE, remark);
  }

  /** Looks at the new bundle for as long as asked, and on while the node is worse than before. */
  private Optional<String> watch(Bundle fresh) throws InterruptedException {
    long end = System.nanoTime() + order.bake().toNanos();
    long last = end + TimeUnit.MILLISECONDS.toNanos(GRACE_MILLIS);
    while (true) {
      Optional<String> problem = missing(fresh);
      if (problem.isEmpty()) {
        problem = modeFault(fresh);
      }
      if (problem.isPresent()) {
        return problem;
      }
      long now = System.nanoTime();
      if (now >= end) {
        Optional<String> worse = Vitals.of(platform.checks()).worseThan(before);
        if (worse.isEmpty() || now >= last) {
          return worse;
        }
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private SwapRecord rollBack(Bundle fresh, String why) throws InterruptedException {
    order.tell("rolling back: " + why);
    if (old.isPresent() && order.jar().ownsPort()) {
      discard(fresh);
    }
    try {
      if (old.isPresent()) {
        platform.life().start(old.get());
        promise = Promise.NOTHING; // It was good enough before.
        awaitService(old.get());
        platform.modes().rehearse(old.get());
        platform.modes().adopt(old.get());
      }
    } catch (SwapException e) {
      remark("the old one does not come back: " + e.getMessage());
    }
    if (fresh.getState() != Bundle.UNINSTALLED) {
      discard(fresh);
    }
    return record(SwapRecord.Outcome.ROLLED_BACK, remark.isEmpty() ? why : why + "; " + remark);
  }

  /** Waits until the bundle does what it must, and is well. */
  private void awaitService(Bundle bundle) throws SwapException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATE_MILLIS);
    while (true) {
      Optional<String> problem = missing(bundle);
      if (problem.isEmpty()) {
        problem = ill(bundle);
      }
      if (problem.isEmpty()) {
        problem = unknownMode(bundle);
      }
      if (problem.isEmpty()) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new SwapException(problem.get());
      }
      Thread.sleep(LOOK_MILLIS / 10);
    }
  }

  private Optional<String> missing(Bundle bundle) throws InterruptedException {
    return promise.missing(bundle, platform.context(), platform.components(), held);
  }

  /** What is down by the bundle's own checks, unless it was so before. */
  private Optional<String> ill(Bundle bundle) throws InterruptedException {
    return Vitals.of(Promise.checks(bundle, platform.context()))
        .worseThan(before)
        .map(worse -> Promise.title(bundle) + ": " + worse);
  }

  /** A mode that has not said its name yet cannot be rehearsed. */
  private Optional<String> unknownMode(Bundle bundle) throws InterruptedException {
    return Promise.provides(bundle, RoutingMode.class) && states(bundle).isEmpty()
        ? Optional.of(Promise.title(bundle) + " does not say which mode it provides")
        : Optional.empty();
  }

  private Optional<String> modeFault(Bundle bundle) throws InterruptedException {
    return states(bundle).stream().flatMap(s -> s.fault().stream()).findFirst();
  }

  private List<ModeState> states(Bundle bundle) throws InterruptedException {
    try {
      return platform.modes().states(bundle);
    } catch (SwapException e) {
      return List.of(); // The agent is busy: asked again.
    }
  }

  private void discard(Bundle fresh) throws InterruptedException {
    try {
      platform.life().stop(fresh);
    } catch (SwapException e) {
      remark(e.getMessage());
    }
    remove(fresh, freshThreads);
  }

  private void remove(Bundle bundle, Set<Thread> threads) throws InterruptedException {
    String title = Promise.title(bundle);
    held.keySet().removeIf(reference -> reference.getBundle() == null);
    platform.retired().add(bundle);
    platform.life().remove(bundle).ifPresent(this::remark);
    Set<String> alive = Leftovers.alive(threads);
    if (!alive.isEmpty()) {
      remark(title + " leaves threads behind: " + String.join(", ", alive));
    }
  }

  private void remark(String sentence) {
    remark = remark.isEmpty() ? sentence : remark + "; " + sentence;
  }

  private SwapRecord record(SwapRecord.Outcome outcome, String detail) {
    return new SwapRecord(
        platform.clock().instant(),
        order.action(),
        order.jar().name(),
        old.map(o -> o.getVersion().toString()).orElse(""),
        order.jar().version().toString(),
        outcome,
        pauseMillis,
        detail,
        old.map(BundleLife::file).orElse(""),
        order.jar().sha256());
  }
}
