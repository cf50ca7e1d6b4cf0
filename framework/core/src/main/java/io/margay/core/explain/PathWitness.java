// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.PacketTracer;
import io.margay.api.dataplane.Query;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.sharing.RouteSharing;
import io.margay.api.sharing.RouteSources;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.explain.Hop.Place;
import io.margay.core.explain.PathProbing.Findings;
import io.margay.core.explain.PathQuestion.Side;
import io.margay.core.query.QueryResponder;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * Answers {@link PathQuestion#VERB}: what this node knows of a path, and what its kernel does with
 * packets on it. Changes nothing.
 */
@Component(service = QueryResponder.Verb.class)
public final class PathWitness implements QueryResponder.Verb {
  /** A packet of this size fits everywhere; for a sender whose link is not known. */
  private static final int LEAST_MTU_BYTES = 576;

  private static final int MOST_QUESTIONS = 4;

  private final Store store;
  private final NodeAgent agent;
  private final ExecutorService threads;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile Dataplane dataplane;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile WorkloadPlumber plumber;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile PacketTracer tracer;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile RouteSources sources;

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<RouteSharing> sharings = List.of();

  @Activate
  public PathWitness(@Reference Store store, @Reference NodeAgent agent) {
    this.store = store;
    this.agent = agent;
    threads =
        new ThreadPoolExecutor(
            0,
            MOST_QUESTIONS,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "explain");
              thread.setDaemon(true);
              return thread;
            });
  }

  @Deactivate
  void stop() {
    threads.shutdownNow();
  }

  @Override
  public String name() {
    return PathQuestion.VERB;
  }

  @Override
  public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
    try {
      PathQuestion question = PathQuestion.of(arguments);
      return CompletableFuture.supplyAsync(() -> look(question).toMap(), threads);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    } catch (java.util.concurrent.RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("too many paths are being looked at"));
    }
  }

  private PathAnswer look(PathQuestion question) {
    Dataplane kernel = dataplane;
    PacketTracer probes = tracer;
    if (kernel == null) {
      throw new IllegalStateException("the dataplane is away: the kernel cannot be read");
    }
    try {
      if (probes == null) {
        Findings none = new Findings(List.of(), List.of("no tracer"), false, Map.of());
        return answer(new Look(facts(question, kernel).hops(), LEAST_MTU_BYTES), none);
      }
      try (PathProbing probing = new PathProbing(probes, question)) {
        Look look = facts(question, kernel);
        Optional<String> link = podLink(question.from());
        return answer(
            look,
            isHere(question.from()) ? probing.send(link, look.senderMtuBytes()) : probing.watch());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(new IllegalStateException("the agent stops"));
    } catch (DataplaneException | StoreException | InvalidResourceException e) {
      throw new CompletionException(e);
    }
  }

  private static PathAnswer answer(Look look, Findings findings) {
    return new PathAnswer(
        look.hops(),
        findings.packets(),
        findings.hints(),
        findings.isWatched(),
        findings.replies());
  }

  /** What was read, and how large a packet the sender may send. */
  private record Look(List<Hop> hops, int senderMtuBytes) {}

  private Look facts(PathQuestion question, Dataplane kernel)
      throws DataplaneException, StoreException, InvalidResourceException, InterruptedException {
    Set<InetAddress> asked = new LinkedHashSet<>();
    asked.add(question.flow().from());
    asked.add(question.flow().to());
    question.from().underlay().ifPresent(asked::add);
    question.to().underlay().ifPresent(asked::add);
    ActualState actual =
        kernel.actual(
            new Query(Set.of(KernelObject.Kind.NEIGHBOUR), Optional.empty(), List.copyOf(asked)));
    List<Hop> hops = new ArrayList<>();
    hops.add(Hop.ok(agent.nodeName(), Place.AGENT, "agent", "answers", "answers"));
    addEnd(hops, question.from(), question.flow().from(), actual);
    addEnd(hops, question.to(), question.flow().to(), actual);
    if (!isHere(question.from())) {
      hops.addAll(way(question.from(), question.flow().from(), kernel).of(actual));
    } else if (!isHere(question.to())) {
      hops.addAll(way(question.to(), question.flow().to(), kernel).of(actual));
    } else {
      hops.addAll(way(question.to(), question.flow().to(), kernel).node());
    }
    return new Look(hops, senderMtuBytes(question, actual));
  }

  private void addEnd(List<Hop> hops, Side side, InetAddress address, ActualState actual)
      throws StoreException, InvalidResourceException, InterruptedException {
    Optional<WorkloadEndpoint> pod = isHere(side) ? pod(side) : Optional.empty();
    if (pod.isPresent()) {
      hops.addAll(
          new EndFacts(agent.nodeName(), agent, Optional.ofNullable(plumber))
              .of(pod.get(), address, actual));
    }
  }

  private WayFacts way(Side far, InetAddress address, Dataplane kernel) {
    return new WayFacts(
        agent.nodeName(),
        kernel,
        Optional.ofNullable(sources),
        sharings.stream().flatMap(s -> s.sessions().stream()).toList(),
        address,
        far.underlay(),
        far.endpoint().isPresent());
  }

  private boolean isHere(Side side) {
    return side.isOn(agent.nodeName());
  }

  private Optional<WorkloadEndpoint> pod(Side side)
      throws StoreException, InvalidResourceException {
    if (side.endpoint().isEmpty()) {
      return Optional.empty();
    }
    String[] name = side.endpoint().get().split("/", 2);
    var entry = store.get(new Key(WorkloadEndpoint.KIND, name[0], name[1]));
    return entry.isPresent()
        ? Optional.of(WorkloadEndpoint.parse(entry.get().json()))
        : Optional.empty();
  }

  private Optional<String> podLink(Side side) throws StoreException, InvalidResourceException {
    return isHere(side) ? pod(side).map(WorkloadEndpoint::interfaceName) : Optional.empty();
  }

  /** Of the pod's link; of a node, that of the link by which it sends. */
  private int senderMtuBytes(PathQuestion question, ActualState actual)
      throws StoreException, InvalidResourceException {
    Optional<String> link =
        podLink(question.from())
            .or(
                () ->
                    Optional.ofNullable(actual.lookups().get(question.flow().to()))
                        .map(FibResult::link));
    return actual.links().stream()
        .filter(i -> link.equals(Optional.of(i.name())))
        .mapToInt(ActualState.Interface::mtuBytes)
        .findFirst()
        .orElse(LEAST_MTU_BYTES);
  }
}
