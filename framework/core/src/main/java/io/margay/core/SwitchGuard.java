// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.PoolMode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes pools back to the mode before when nobody has confirmed their switch in time, or when a way
 * that was there is lost. Every agent does; the first wins by compare-and-set. Confined to the
 * agent thread but for {@link #reverted}.
 */
public final class SwitchGuard {
  private static final Logger LOG = LoggerFactory.getLogger(SwitchGuard.class);

  private final AgentThread agent;
  private final Executor io;
  private final Clock clock;
  private final Runnable onDue;
  private Store store;
  private Optional<Instant> alarm = Optional.empty();

  /**
   * A guard without a store.
   *
   * @param clock tells when a deadline is over
   * @param onDue called on the agent thread when {@link #watch} is to be called again
   */
  SwitchGuard(AgentThread agent, Executor io, Clock clock, Runnable onDue) {
    this.agent = agent;
    this.io = io;
    this.clock = clock;
    this.onDue = onDue;
  }

  /** The pool with its earlier mode, and nothing left to confirm. */
  public static IpPool reverted(IpPool pool, PoolMode previous) {
    return previous
        .applyTo(pool)
        .withAnnotation(IpPool.PREVIOUS_MODE_ANNOTATION, Optional.empty())
        .withAnnotation(IpPool.CONFIRM_ANNOTATION, Optional.empty())
        .withAnnotation(IpPool.WITHOUT_ANNOTATION, Optional.empty());
  }

  void bind(Store service) {
    store = service;
  }

  void unbind() {
    store = null;
  }

  /** Reverts what is due; asks to be called again for what is not. */
  void watch(ClusterView view) {
    for (PoolEntry pool : view.pools().values()) {
      pool.unconfirmed()
          .ifPresent(
              u -> {
                if (clock.instant().isBefore(u.until())) {
                  wake(u.until());
                } else {
                  revert(pool.name(), "nobody has confirmed the switch in time");
                }
              });
    }
  }

  /** Takes a pool back whose switch is still to be confirmed. */
  void revert(String pool, String why) {
    Store target = store;
    if (target == null) {
      return;
    }
    io.execute(
        () -> {
          try {
            Optional<Entry> found = target.get(Key.of(IpPool.KIND, pool));
            if (found.isPresent()) {
              revert(target, found.get(), why);
            }
          } catch (StoreException | InvalidResourceException e) {
            LOG.info("Switch not reverted, another agent may have pool={}", pool, e);
          }
        });
  }

  private static void revert(Store target, Entry entry, String why)
      throws StoreException, InvalidResourceException {
    IpPool pool = IpPool.parse(entry.json());
    Optional<String> previous = pool.metadata().annotation(IpPool.PREVIOUS_MODE_ANNOTATION);
    if (previous.isPresent() && pool.metadata().annotation(IpPool.CONFIRM_ANNOTATION).isPresent()) {
      IpPool reverted = reverted(pool, PoolMode.parse(previous.get()));
      target.put(reverted.key(), reverted.toJson(), Expected.at(entry.revision()));
      LOG.warn("Switch reverted pool={} mode={} reason={}", pool.name(), previous.get(), why);
    }
  }

  private void wake(Instant when) {
    if (alarm.filter(a -> !a.isAfter(when) && a.isAfter(clock.instant())).isEmpty()) {
      alarm = Optional.of(when);
      agent.after(Duration.between(clock.instant(), when).plusMillis(1), onDue);
    }
  }
}
