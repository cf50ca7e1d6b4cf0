// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Query;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Ip;
import io.margay.core.query.KernelRoute;
import io.margay.core.query.QueryResponder;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Answers {@link KernelRoute#VERB}: this kernel's route to an address.
 *
 * @param io runs what blocks
 * @param dataplane the one in use; asked on the agent thread
 */
record RouteLookup(Executor io, Supplier<Optional<Dataplane>> dataplane)
    implements QueryResponder.Verb {
  @Override
  public String name() {
    return KernelRoute.VERB;
  }

  @Override
  public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
    InetAddress address;
    try {
      address = Ip.parse(arguments.getOrDefault(KernelRoute.ADDRESS, ""));
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    }
    return dataplane
        .get()
        .<CompletionStage<Map<String, Object>>>map(
            kernel -> CompletableFuture.supplyAsync(() -> read(kernel, address).toMap(), io))
        .orElseGet(
            () ->
                CompletableFuture.failedFuture(
                    new IllegalStateException("no dataplane: the kernel cannot be read")));
  }

  private static KernelRoute read(Dataplane kernel, InetAddress address) {
    ActualState actual;
    try {
      actual =
          kernel.actual(
              new Query(Set.of(KernelObject.Kind.ROUTE), Optional.empty(), List.of(address)));
    } catch (DataplaneException e) {
      throw new CompletionException(e);
    }
    Optional<ActualState.Item> best =
        actual.objects().stream()
            .filter(item -> isWay(item.object(), address))
            .max(Comparator.comparingInt(item -> ((Route) item.object()).destination().length()));
    Optional<FibResult> way = Optional.ofNullable(actual.lookups().get(address));
    return new KernelRoute(
        best.map(item -> item.object().toString().substring("route ".length())),
        way.map(FibResult::link),
        way.filter(FibResult::local).isPresent(),
        best.filter(ActualState.Item::ours).isPresent());
  }

  private static boolean isWay(KernelObject object, InetAddress address) {
    return object instanceof Route route
        && route.table() == Route.MAIN_TABLE
        && route.destination().contains(address);
  }
}
