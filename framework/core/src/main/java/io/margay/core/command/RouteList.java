// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Query;
import io.margay.api.dataplane.Route;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code route:list}. */
@Component
public final class RouteList implements Command {
  private record Row(
      String destination, String desired, String actual, String state, String owner) {}

  /** A route as wanted and as found. */
  private record Pair(Optional<Owner> owner, Optional<Route> desired, Optional<Found> actual) {}

  private record Found(Route route, boolean ours) {}

  private static final Comparator<Route.Key> ORDER =
      Comparator.comparing(Route.Key::destination)
          .thenComparing(Route.Key::table)
          .thenComparing(Route.Key::metric);

  private final Dataplane dataplane;

  @Activate
  public RouteList(@Reference Dataplane dataplane) {
    this.dataplane = dataplane;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("route", "list", "list our routes: as wanted beside as in the kernel")
        .withFlag("differing", "only those that are not as wanted")
        .withRows(Row.class)
        .withExample("route:list --differing");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Map<Object, String> refusals = refusals();
    pairs()
        .forEach(
            (key, pair) -> {
              String state = state(pair, Optional.ofNullable(refusals.get(key)));
              if (!invocation.has("differing") || !state.equals("ok")) {
                output.row(
                    new Row(
                        key.destination().toString(),
                        pair.desired().map(RouteList::way).orElse(""),
                        pair.actual().map(f -> way(f.route())).orElse(""),
                        state,
                        pair.owner().map(Owner::name).orElse("")));
              }
            });
  }

  private Map<Object, String> refusals() {
    Map<Object, String> refusals = new HashMap<>();
    dataplane.drift().stream()
        .filter(d -> !d.repaired())
        .forEach(d -> d.what().after().ifPresent(o -> refusals.put(o.key(), d.detail())));
    return refusals;
  }

  private Map<Route.Key, Pair> pairs() throws CommandException {
    Map<Route.Key, Found> actual = new HashMap<>();
    try {
      for (ActualState.Item item : dataplane.actual(Query.of(KernelObject.Kind.ROUTE)).objects()) {
        if (item.object() instanceof Route route) {
          actual.put(route.key(), new Found(route, item.ours()));
        }
      }
    } catch (DataplaneException e) {
      throw new CommandException("the kernel cannot be read: " + e.getMessage(), e);
    }
    Map<Route.Key, Pair> pairs = new TreeMap<>(ORDER);
    actual.forEach(
        (key, found) -> {
          if (found.ours()) {
            pairs.put(key, new Pair(Optional.empty(), Optional.empty(), Optional.of(found)));
          }
        });
    dataplane
        .desired()
        .forEach(
            (owner, state) ->
                state.objects().stream()
                    .filter(Route.class::isInstance)
                    .map(Route.class::cast)
                    .forEach(
                        route ->
                            pairs.put(
                                route.key(),
                                new Pair(
                                    Optional.of(owner),
                                    Optional.of(route),
                                    Optional.ofNullable(actual.get(route.key()))))));
    return pairs;
  }

  private static String state(Pair pair, Optional<String> refusal) {
    if (pair.desired().isEmpty()) {
      return "not wanted";
    }
    boolean isThere = pair.actual().isPresent();
    if (isThere && !pair.actual().get().ours()) {
      return "foreign";
    }
    if (isThere && holds(pair.desired().get(), pair.actual().get().route())) {
      return "ok";
    }
    return refusal.map(why -> "refused: " + why).orElse(isThere ? "differs" : "missing");
  }

  /** Whether the kernel has what is wanted; what is not declared counts for nothing. */
  private static boolean holds(Route desired, Route actual) {
    return desired.type() == actual.type()
        && desired.nextHops().size() == actual.nextHops().size()
        && desired.nextHops().stream()
            .allMatch(d -> actual.nextHops().stream().anyMatch(a -> holds(d, a)))
        && (desired.source().isEmpty() || desired.source().equals(actual.source()))
        && (desired.mtuBytes().isEmpty() || desired.mtuBytes().equals(actual.mtuBytes()));
  }

  private static boolean holds(NextHop desired, NextHop actual) {
    return desired.gateway().equals(actual.gateway())
        && (desired.link().isEmpty() || desired.link().equals(actual.link()));
  }

  /** What follows the destination in the syntax of {@code ip route}; or the route's type. */
  private static String way(Route route) {
    String destination = Pattern.quote(route.destination().toString());
    return route
        .toString()
        .substring("route ".length())
        .replaceFirst(" ?" + destination + " ?", "");
  }
}
