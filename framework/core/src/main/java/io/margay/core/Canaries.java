// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Probe;
import io.margay.api.dataplane.ProbeResult;
import io.margay.api.dataplane.Route;
import io.margay.core.switching.Canary;
import io.margay.core.switching.Canary.Outcome;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the probes of one pool's switch, each over a route of its own to the peer's tunnel address,
 * until it is answered or no longer needed; while a switch is to be confirmed, answered ones are
 * sent on and on. Confined to the agent thread.
 */
final class Canaries {
  private static final Logger LOG = LoggerFactory.getLogger(Canaries.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  /** Between two probes of a way that was there. */
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /** Probes unanswered in a row after which we say that the underlay does not carry them. */
  private static final int FAILURES = 3;

  /**
   * How a probe goes.
   *
   * @param route empty when the address is a destination of the pool, which has its route
   * @param sizeBytes of the IP packet
   */
  record Way(InetAddress from, InetAddress to, Optional<Route> route, int sizeBytes) {}

  /** Is told, on the agent thread, of a way that was there and is lost. */
  interface Lost {
    /**
     * Called each time that so many probes in a row were not answered.
     *
     * @param detail what came back
     */
    void lost(Canary canary, String detail);
  }

  private static final class State {
    Way way;
    boolean isRunning;
    boolean isAnswered;
    boolean isDue;
    int failures;
    String detail = "";

    State(Way way) {
      this.way = way;
    }
  }

  private final Owner owner;
  private final AgentThread agent;
  private final Declarations declarations;
  private final Runnable onChange;
  private final Lost onLost;
  private final Map<Canary, State> states = new HashMap<>();
  private Dataplane dataplane;
  private boolean isWatching;

  /**
   * No probes.
   *
   * @param onChange called on the agent thread when an outcome has changed
   */
  Canaries(
      String pool, AgentThread agent, Declarations declarations, Runnable onChange, Lost onLost) {
    this.owner = Owner.probe(pool);
    this.agent = agent;
    this.declarations = declarations;
    this.onChange = onChange;
    this.onLost = onLost;
  }

  void bind(Dataplane service) {
    dataplane = service;
  }

  Canary.Result result(Canary canary) {
    State state = states.get(canary);
    if (state == null || !state.isAnswered && state.failures < FAILURES) {
      return Canary.Result.PENDING;
    }
    return state.isAnswered
        ? Canary.Result.ANSWERED
        : new Canary.Result(Outcome.FAILED, state.detail);
  }

  /** Ways that are there. */
  Set<Canary> answered() {
    return states.entrySet().stream()
        .filter(e -> e.getValue().isAnswered)
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Sends these probes and no others.
   *
   * @param prerequisite owner of what the routes need
   * @param isToBeConfirmed whether ways that are there are to be watched
   */
  void want(Map<Canary, Way> ways, Owner prerequisite, boolean isToBeConfirmed) {
    isWatching = isToBeConfirmed;
    states.keySet().retainAll(ways.keySet());
    ways.forEach(
        (canary, way) -> {
          State state = states.get(canary);
          if (state == null || !state.way.equals(way)) {
            states.put(canary, new State(way));
          }
        });
    Set<Route> routes = new HashSet<>();
    ways.values().forEach(way -> way.route().ifPresent(routes::add));
    Cause cause = new Cause(Cause.Kind.SWITCH, "probing before a switch for " + owner);
    if (routes.isEmpty()) {
      declarations.retire(owner, cause);
    } else {
      declarations.setAfter(prerequisite, owner, DesiredState.of(routes), cause);
    }
    for (Map.Entry<Canary, State> entry : Map.copyOf(states).entrySet()) {
      send(entry.getKey(), entry.getValue());
    }
  }

  private void send(Canary canary, State state) {
    if (dataplane == null || state.isRunning || state.isAnswered && !state.isDue) {
      return;
    }
    state.isDue = false;
    state.isRunning = true;
    Dataplane target = dataplane;
    Way way = state.way;
    declarations
        .settled(owner)
        .handle((done, refusal) -> null)
        .thenCompose(
            done -> target.probe(new Probe(way.from(), way.to(), way.sizeBytes(), TIMEOUT)))
        .whenComplete(
            (result, failure) -> agent.execute(() -> probed(canary, state, result, failure)));
  }

  private void probed(Canary canary, State state, ProbeResult result, Throwable failure) {
    state.isRunning = false;
    if (states.get(canary) != state) {
      return;
    }
    Canary.Result before = result(canary);
    if (failure != null) {
      LOG.warn("Probe not sent node={} wire={}", canary.node(), canary.wire(), failure);
    }
    if (failure == null && result.answered()) {
      state.isAnswered = true;
      state.failures = 0;
    } else {
      state.failures++;
      state.detail = failure == null ? result.detail() : failure.toString();
    }
    if (!state.isAnswered) {
      agent.after(TIMEOUT, () -> retry(canary, state));
    } else if (isWatching) {
      agent.after(INTERVAL, () -> retry(canary, state));
    }
    Canary.Result after = result(canary);
    if (!after.equals(before)) {
      LOG.info(
          "Probe node={} wire={} outcome={} detail={}",
          canary.node(),
          canary.wire(),
          after.outcome(),
          after.detail());
      onChange.run();
    }
    if (isWatching && state.isAnswered && state.failures >= FAILURES) {
      state.failures = 0;
      onLost.lost(canary, state.detail);
    }
  }

  private void retry(Canary canary, State state) {
    if (states.get(canary) == state) {
      state.isDue = true;
      send(canary, state);
    }
  }
}
