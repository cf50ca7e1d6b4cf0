// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Query;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.core.plan.Underlay;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the {@link Underlay} fresh: reads it when a dataplane comes, when the kernel says that it
 * changed, and when other addresses are of interest. Confined to the agent thread.
 */
final class UnderlayReader {
  private static final Logger LOG = LoggerFactory.getLogger(UnderlayReader.class);
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private record Reading(KernelFacts facts, Underlay underlay, Optional<Map<Cidr, Route>> found) {}

  private final AgentThread agent;
  private final Executor io;
  private final Underlay.LinkSettings linkSettings;
  private final Runnable onRead;
  private final Throttle throttle;

  private Dataplane dataplane;
  private AutoCloseable subscription = () -> {};
  private Set<InetAddress> addresses = Set.of();
  private boolean isReading;
  private boolean isStale;
  private boolean hasFound;
  private Map<Cidr, Route> found = Map.of();
  private Optional<Reading> latest = Optional.empty();
  private Optional<String> fault = Optional.empty();

  /**
   * A reader without a dataplane.
   *
   * @param linkSettings read where it may block
   * @param onRead called on the agent thread after each successful reading
   */
  UnderlayReader(
      AgentThread agent, Executor io, Underlay.LinkSettings linkSettings, Runnable onRead) {
    this.agent = agent;
    this.io = io;
    this.linkSettings = linkSettings;
    this.onRead = onRead;
    throttle = new Throttle(agent, () -> INTERVAL, this::read);
  }

  void bind(Dataplane service, Set<InetAddress> lookups) {
    unsubscribe();
    dataplane = service;
    isReading = false;
    hasFound = false;
    subscription = service.onUnderlayChange(() -> agent.execute(throttle::request));
    refresh(lookups);
  }

  void unbind() {
    unsubscribe();
    dataplane = null;
  }

  /** Reads again at once, with the ways to these addresses. */
  void refresh(Set<InetAddress> lookups) {
    addresses = Set.copyOf(lookups);
    read();
  }

  /** The latest reading; stays when the dataplane goes. */
  Optional<Underlay> latest() {
    return latest.map(Reading::underlay);
  }

  /** What the kernel can do; only after a reading. */
  KernelFacts facts() {
    return latest.orElseThrow().facts();
  }

  /** A route of ours that was in the kernel when the dataplane came. */
  Optional<Route> found(Cidr cidr) {
    return Optional.ofNullable(found.get(cidr));
  }

  /** The routes of ours that were in the kernel when the dataplane came. */
  Collection<Route> found() {
    return found.values();
  }

  /** Why the kernel cannot be read. */
  Optional<String> fault() {
    return fault;
  }

  private void read() {
    if (dataplane == null) {
      return;
    }
    if (isReading) {
      isStale = true;
      return;
    }
    isReading = true;
    isStale = false;
    Dataplane source = dataplane;
    Set<InetAddress> asked = addresses;
    boolean withRoutes = !hasFound;
    io.execute(
        () -> {
          try {
            Reading reading = read(source, asked, withRoutes);
            agent.execute(() -> done(source, reading));
          } catch (DataplaneException e) {
            agent.execute(() -> failed(source, e));
          }
        });
  }

  private Reading read(Dataplane source, Set<InetAddress> asked, boolean withRoutes)
      throws DataplaneException {
    Underlay underlay =
        Underlay.of(source.actual(Query.lookup(List.copyOf(asked))), asked, linkSettings);
    Optional<Map<Cidr, Route>> found =
        withRoutes
            ? Optional.of(ours(source.actual(Query.of(KernelObject.Kind.ROUTE))))
            : Optional.empty();
    return new Reading(source.facts(), underlay, found);
  }

  private static Map<Cidr, Route> ours(ActualState actual) {
    Map<Cidr, Route> routes = new HashMap<>();
    for (ActualState.Item item : actual.objects()) {
      if (item.ours()
          && item.object() instanceof Route route
          && route.type() == Route.Type.UNICAST
          && route.table() == Route.MAIN_TABLE) {
        routes.put(route.destination(), route);
      }
    }
    return routes;
  }

  private void done(Dataplane source, Reading reading) {
    if (source != dataplane) {
      return;
    }
    isReading = false;
    fault = Optional.empty();
    latest = Optional.of(reading);
    reading
        .found()
        .ifPresent(
            routes -> {
              found = routes;
              hasFound = true;
            });
    if (isStale) {
      read();
    }
    onRead.run();
  }

  private void failed(Dataplane source, DataplaneException e) {
    if (source != dataplane) {
      return;
    }
    isReading = false;
    if (fault.isEmpty()) {
      LOG.warn("Node network cannot be read, trying again seconds={}", RETRY.toSeconds(), e);
    }
    fault = Optional.of(e.getMessage());
    agent.after(RETRY, throttle::request);
  }

  private void unsubscribe() {
    try {
      subscription.close();
    } catch (Exception e) { // AutoCloseable's signature; the dataplane is going anyway.
      LOG.debug("Subscription of a dataplane that went", e);
    }
    subscription = () -> {};
  }
}
