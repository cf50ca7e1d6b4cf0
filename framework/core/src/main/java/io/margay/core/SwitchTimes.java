// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.resource.NodeModeStatus;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.PoolMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Measures how long this node takes to change the modes of pools, until it sends and receives by
 * the new one alone. Confined to the agent thread.
 */
final class SwitchTimes {
  /** A pool on this node. */
  private static final class State {
    private PoolMode mode;
    private boolean isUnderWay;
    private long beganNanos;
    private double lastSeconds;
    private int done;
    private int reverted;
    private int waits;
  }

  private final LongSupplier nanos;
  private final Map<String, State> states = new TreeMap<>();

  /** Times by this clock. */
  SwitchTimes(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Looks at the pools and what this node says of them, by name. */
  void observe(Collection<PoolEntry> pools, Map<String, NodeModeStatus.Pool> said) {
    states.keySet().removeIf(name -> pools.stream().noneMatch(p -> p.name().equals(name)));
    for (PoolEntry pool : pools) {
      NodeModeStatus.Pool status = said.get(pool.name());
      if (status != null) {
        observe(states.computeIfAbsent(pool.name(), n -> new State()), pool.mode(), status);
      }
    }
  }

  private void observe(State state, PoolMode mode, NodeModeStatus.Pool status) {
    state.waits = status.waits().size();
    boolean isThere =
        status.sends().stream().allMatch(w -> isOf(mode, w))
            && status.receives().stream().allMatch(w -> w.equals(Wire.DIRECT) || isOf(mode, w));
    if (!isThere && !state.isUnderWay) {
      state.isUnderWay = true;
      state.beganNanos = nanos.getAsLong();
    } else if (isThere && state.isUnderWay) {
      state.isUnderWay = false;
      state.lastSeconds = seconds(state);
      if (mode.equals(state.mode)) {
        state.reverted++;
      } else {
        state.done++;
      }
    }
    state.mode = isThere ? mode : state.mode;
  }

  private double seconds(State state) {
    return (nanos.getAsLong() - state.beganNanos) / 1e9;
  }

  private static boolean isOf(PoolMode mode, Wire wire) {
    return wire.mode().equals(mode.name())
        || wire.equals(Wire.DIRECT) && mode.variant() == Variant.CROSS_SUBNET;
  }

  /** What there is to say of each pool. */
  List<Gauge> gauges() {
    List<Gauge> gauges = new ArrayList<>();
    states.forEach(
        (pool, state) -> {
          Map<String, String> name = Map.of("pool", pool);
          gauges.add(new Gauge("margay_pool_switching", name, state.isUnderWay ? 1 : 0));
          gauges.add(new Gauge("margay_pool_switch_waits", name, state.waits));
          gauges.add(new Gauge("margay_pool_switch_last_seconds", name, state.lastSeconds));
          gauges.add(total(pool, "done", state.done));
          gauges.add(total(pool, "reverted", state.reverted));
        });
    return gauges;
  }

  private static Gauge total(String pool, String result, int count) {
    return new Gauge("margay_pool_switches_total", Map.of("pool", pool, "result", result), count);
  }
}
