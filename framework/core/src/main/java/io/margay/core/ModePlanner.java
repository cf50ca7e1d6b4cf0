// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Grant;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeDaemon;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.store.Revision;
import io.margay.core.plan.CoreModeView;
import io.margay.core.plan.PlanCheck;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One RoutingMode service and the thread on which it plans. Its state belongs to the agent thread.
 *
 * <p>A plan that throws or is late leaves the last good one in force. A late plan counts when it
 * comes after all; while one is running, only the newest further view is kept. Of a mode with a
 * {@link ModeDaemon} routes are kept back while that is not ready.
 */
final class ModePlanner {
  /**
   * A plan and the view that it serves.
   *
   * @param chosen wires that the mode receives by its settings alone
   * @param nodes revision of kind Node that the view stands for
   */
  record Good(CoreModeView view, Plan plan, Set<Wire> chosen, Revision nodes) {
    /** Whether the plan was made for all these destinations, as they are now. */
    boolean serves(Collection<Destination> destinations) {
      return new HashSet<>(view.destinations()).containsAll(destinations);
    }

    /** Only what stands, and what goes by the wires of other modes. */
    private Good withoutDaemon(String why) {
      Map<Cidr, Sending> others = new HashMap<>();
      Map<Cidr, String> unreachable = new HashMap<>(plan.unreachable());
      plan.sendings()
          .forEach(
              (cidr, sending) -> {
                if (plan.receives().contains(sending.wire())) {
                  unreachable.put(cidr, why);
                } else {
                  others.put(cidr, sending);
                }
              });
      Plan held = Plan.of(plan.standing(), others).withUnreachable(unreachable);
      for (HostTraffic traffic : plan.hostTraffic()) {
        held = held.withHostTraffic(traffic);
      }
      return new Good(view, held, chosen, nodes);
    }

    private boolean isChosenAlike(CoreModeView other) {
      return view.self().equals(other.self())
          && view.kernel().equals(other.kernel())
          && view.settings().equals(other.settings());
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(ModePlanner.class);

  private final RoutingMode mode;
  private final Info info;
  private final ModeProvider provider;
  private final AgentThread agent;
  private final ExecutorService thread;
  private final Duration deadline;
  private final Runnable onChange;

  private CoreModeView running;
  private Revision runningNodes;
  private CoreModeView next;
  private Revision nextNodes;
  private CoreModeView planned;
  private Optional<Good> lastGood = Optional.empty();
  private Optional<String> fault = Optional.empty();

  /** Of a mode whose link a daemon makes. */
  private final Optional<DaemonWatch> daemon;

  /**
   * A planner.
   *
   * @param info what the mode says about itself; asked once, so that it can fail but once
   * @param provider whose service it is
   * @param thread on which the mode plans; ended by {@link #close}
   * @param onChange called on the agent thread when the plan, its view or the fault changed
   */
  ModePlanner(
      RoutingMode mode,
      Info info,
      ModeProvider provider,
      AgentThread agent,
      ExecutorService thread,
      Duration deadline,
      Runnable onChange) {
    this.mode = mode;
    this.info = info;
    this.provider = provider;
    this.agent = agent;
    this.thread = thread;
    this.deadline = deadline;
    this.onChange = onChange;
    daemon =
        mode instanceof ModeDaemon service
            ? Optional.of(new DaemonWatch(service, agent, thread, deadline, onChange))
            : Optional.empty();
  }

  Info info() {
    return info;
  }

  /** Name of the mode. */
  String name() {
    return info.name();
  }

  ModeProvider provider() {
    return provider;
  }

  /**
   * Asks for a plan of this view, unless it is the one planned last.
   *
   * @param nodes revision of kind Node that the view stands for
   */
  void request(CoreModeView view, Revision nodes) {
    if (view.equals(running)) {
      next = null;
      runningNodes = nodes;
    } else if (running != null) {
      next = view;
      nextNodes = nodes;
    } else if (!view.equals(planned)) {
      start(view, nodes);
    } else {
      lastGood =
          lastGood.map(
              g -> g.view().equals(view) ? new Good(view, g.plan(), g.chosen(), nodes) : g);
    }
  }

  /**
   * Asks the mode what other nodes must know about this one.
   *
   * @param onAnswer called on the agent thread
   * @param onFailure called on the agent thread instead, with the reason
   */
  void advertise(
      LocalNode self, Consumer<Map<String, String>> onAnswer, Consumer<String> onFailure) {
    thread.execute(
        () -> {
          try {
            Map<String, String> answer = Map.copyOf(mode.advertise(self));
            agent.execute(() -> onAnswer.accept(answer));
          } catch (RuntimeException | LinkageError e) {
            // As with a plan: a vendor's bug must not end the thread.
            agent.execute(() -> onFailure.accept(e.toString()));
          }
        });
  }

  /**
   * Asks the mode something that has no consequences.
   *
   * @return completes on the agent thread; exceptionally, with a message that names the bundle,
   *     when the mode fails or is late
   */
  <T> CompletionStage<T> ask(Function<RoutingMode, T> question) {
    CompletableFuture<T> result = new CompletableFuture<>();
    thread.execute(
        () -> {
          try {
            T answer = question.apply(mode);
            agent.execute(() -> result.complete(answer));
          } catch (RuntimeException | LinkageError e) {
            // As with a plan: a vendor's bug must not end the thread.
            fail(result, "fails: " + e);
          }
        });
    agent.after(deadline, () -> fail(result, "takes longer than " + deadline.toMillis() + " ms"));
    return result;
  }

  private void fail(CompletableFuture<?> result, String why) {
    IllegalStateException failure =
        new IllegalStateException("planning by " + provider.name() + " " + why);
    agent.execute(() -> result.completeExceptionally(failure));
  }

  /**
   * Makes a plan of a view without putting it into force, before this planner takes over from
   * another.
   *
   * @return as of {@link #ask}
   */
  CompletionStage<Good> rehearse(CoreModeView view, Revision nodes) {
    return ask(
        service ->
            new Good(view, checked(service, view), service.plan(view.alone()).receives(), nodes));
  }

  /** Puts a rehearsed plan into force. */
  void adopt(Good good) {
    lastGood = Optional.of(good);
    planned = good.view();
  }

  private Plan checked(RoutingMode service, CoreModeView view) {
    Plan plan = service.plan(view);
    PlanCheck.check(view, plan);
    Optional<String> forbidden = forbidden(plan, provider.grant());
    if (forbidden.isPresent()) {
      throw new IllegalStateException(forbidden.get());
    }
    return plan;
  }

  /**
   * What of a plan the dataplane could not tell to be this bundle's: routes of pools are of owners
   * that several modes share, and so are the host rules.
   */
  private static Optional<String> forbidden(Plan plan, Grant grant) {
    Stream<Optional<String>> routes =
        plan.sendings().values().stream().map(s -> grant.refusal(s.route()));
    Stream<Optional<String>> traffic =
        plan.hostTraffic().stream().map(t -> grant.refusalOfTraffic(t.ipProtocol(), t.udpPort()));
    return Stream.concat(routes, traffic).flatMap(Optional::stream).findFirst();
  }

  /** The plan in force; while the mode's daemon does not serve, without what goes by its wires. */
  Optional<Good> lastGood() {
    Optional<String> why = daemonFault();
    return why.isEmpty() ? lastGood : lastGood.map(good -> good.withoutDaemon(why.get()));
  }

  /** Whether nothing is to be waited for: the last view was planned, or planning it is late. */
  boolean isIdle() {
    return (running == null || fault.isPresent()) && daemon.map(DaemonWatch::isKnown).orElse(true);
  }

  /** Why the mode's daemon does not serve, in a sentence; empty when it does or there is none. */
  Optional<String> daemonFault() {
    return daemon
        .flatMap(DaemonWatch::whyNot)
        .map(why -> "the daemon of " + provider.name() + " here is not ready: " + why);
  }

  /** What is wrong with the mode's planning, in a sentence. */
  Optional<String> fault() {
    return fault;
  }

  /** Ends the thread; a plan that is running is interrupted and comes to nothing. */
  void close() {
    daemon.ifPresent(DaemonWatch::close);
    thread.shutdownNow();
  }

  private void start(CoreModeView view, Revision nodes) {
    running = view;
    runningNodes = nodes;
    next = null;
    Optional<Set<Wire>> known = lastGood.filter(g -> g.isChosenAlike(view)).map(Good::chosen);
    thread.execute(
        () -> {
          Plan made = null;
          Set<Wire> chosen = Set.of();
          String problem = null;
          try {
            made = checked(mode, view);
            chosen = known.isPresent() ? known.get() : mode.plan(view.alone()).receives();
          } catch (RuntimeException | LinkageError e) {
            // A vendor's bug, or a bundle stopped under our feet: neither may end the thread.
            LOG.warn("Plan failed mode={} bundle={}", name(), provider.name(), e);
            problem = "fails: " + e;
          }
          Plan result = made;
          Set<Wire> wires = chosen;
          String failure = problem;
          agent.execute(() -> done(view, result, wires, failure));
        });
    agent.after(deadline, () -> expire(view));
  }

  private void done(CoreModeView view, Plan result, Set<Wire> chosen, String failure) {
    planned = view;
    running = null;
    if (failure == null) {
      lastGood = Optional.of(new Good(view, result, chosen, runningNodes));
    }
    fault = Optional.ofNullable(failure).map(f -> "planning by " + provider.name() + " " + f);
    if (next != null) {
      start(next, nextNodes);
    }
    onChange.run();
  }

  private void expire(CoreModeView view) {
    if (running == view) { // The same call, not an equal view of a later one.
      fault =
          Optional.of(
              "planning by "
                  + provider.name()
                  + " takes longer than "
                  + deadline.toMillis()
                  + " ms");
      LOG.warn("Plan is late mode={} bundle={}", name(), provider.name());
      onChange.run();
    }
  }
}
