// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.sharing.LearnedRoute;
import io.margay.api.sharing.LearnedRoutes;
import io.margay.api.sharing.RouteSource;
import io.margay.api.sharing.RouteSources;
import io.margay.core.sharing.Told;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The services of core that route sharings use. Apart from {@link Agent}, which uses route
 * sharings: of components that refer to each other in a circle SCR makes none. Used on any thread.
 */
@Component(service = {LearnedRoutes.class, RouteSources.class, RouteExchange.class})
public final class RouteExchange implements LearnedRoutes, RouteSources {
  /** What each source told last: an agent that is made anew must hear it. */
  private final Map<String, Told> latest = new ConcurrentHashMap<>();

  private volatile Consumer<String> reader = source -> {};
  private volatile Consumer<String> forgetter = source -> {};
  private volatile RouteSources sources = new Unknown();

  @Activate
  public RouteExchange() {}

  /**
   * Begins to serve an agent.
   *
   * @param onTold called with the name of each source that has something to tell, now and later
   * @param onForget called with the name of each source that is to be forgotten
   */
  void open(Consumer<String> onTold, Consumer<String> onForget, RouteSources judgement) {
    sources = judgement;
    forgetter = onForget;
    reader = onTold;
    latest.keySet().forEach(onTold);
  }

  void close() {
    reader = source -> {};
    forgetter = source -> {};
    sources = new Unknown();
  }

  /** Lets go of what is kept of a source that is gone or not in sync. */
  public void forget(String source) {
    latest.remove(source);
    forgetter.accept(source);
  }

  /** What a source told last; empty when it was forgotten meanwhile. */
  Optional<Told> latest(String source) {
    return Optional.ofNullable(latest.get(source));
  }

  @Override
  public void learned(String source, Collection<LearnedRoute> routes, boolean synced) {
    latest.put(source, new Told(List.copyOf(routes), synced));
    reader.accept(source);
  }

  @Override
  public List<RouteSource> routeSources() {
    return sources.routeSources();
  }

  @Override
  public List<String> awaited() {
    return sources.awaited();
  }

  /** While there is no agent. */
  private static final class Unknown implements RouteSources {
    @Override
    public List<RouteSource> routeSources() {
      return List.of();
    }

    @Override
    public List<String> awaited() {
      return List.of();
    }
  }
}
