// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.mode.RoutingMode;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Store;
import io.margay.core.command.SwitchProgress.Row;
import io.margay.core.command.SwitchProgress.State;
import io.margay.core.view.PoolMode;
import io.margay.core.view.Readers;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code mode:switch}. */
@Component
public final class ModeSwitch implements Command {
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final Duration DEFAULT_WAIT = Duration.ofMinutes(2);
  private static final Duration PLAN_PATIENCE = Duration.ofSeconds(5);

  private record Switched(String pool, PoolMode from, PoolMode to, long millis) {}

  private final Store store;
  private final Supplier<List<RoutingMode>> modes;

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<RoutingMode> services = List.of();

  @Activate
  public ModeSwitch(@Reference Store store) {
    this.store = store;
    this.modes = () -> services;
  }

  ModeSwitch(Store store, List<RoutingMode> modes) {
    this.store = store;
    this.modes = () -> modes;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("mode", "switch", "change the routing mode of a pool on all nodes, live")
        .operating()
        .withArgument("pool", "name of the pool")
        .withArgument("mode", "direct, ipip, vxlan or another; /CrossSubnet may follow")
        .withOption(
            "confirm", "TIME", "go back by itself after this time, such as 60s, unless confirmed")
        .withOption("wait", "TIME", "how long to wait for the nodes (2m); 0s: not at all")
        .withExample("mode:switch blue vxlan")
        .withExample("mode:switch blue ipip/CrossSubnet --confirm 60s");
  }

  @Override
  public List<String> complete(String name) {
    return switch (name) {
      case "pool" -> PoolChange.names(store);
      case "mode" -> names(modes.get());
      default -> List.of();
    };
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    String pool = invocation.argument("pool");
    PoolMode mode = mode(invocation.argument("mode"));
    Optional<Duration> confirm = Times.option(invocation, "confirm");
    Duration wait = Times.option(invocation, "wait").orElse(DEFAULT_WAIT);
    PoolMode[] from = new PoolMode[1];
    new PoolChange(store)
        .change(
            pool,
            before -> {
              from[0] = Readers.mode(before);
              return switched(before, mode, confirm);
            });
    if (from[0].equals(mode)) {
      output.message("pool " + pool + " has mode " + mode + " already");
    }
    long millis = wait.isZero() ? 0 : follow(pool, wait, output);
    confirm.ifPresent(
        time ->
            output.message(
                "it goes back to "
                    + from[0]
                    + " in "
                    + time.toSeconds()
                    + " s; keep it with"
                    + " mode:confirm "
                    + pool));
    output.result(
        "pool "
            + pool
            + " switched from "
            + from[0]
            + " to "
            + mode
            + (wait.isZero() ? ": mode:status " + pool : " in " + millis + " ms"),
        new Switched(pool, from[0], mode, millis));
  }

  @Override
  public void preview(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    mode(invocation.argument("mode"));
    new ModePlan(store, "", PLAN_PATIENCE).run(invocation, output);
  }

  /** What a pool's mode can be, for completion. */
  static List<String> names(List<RoutingMode> modes) {
    return modes.stream()
        .map(m -> m.info().name())
        .flatMap(m -> m.equals("direct") ? Stream.of(m) : Stream.of(m, m + "/CrossSubnet"))
        .sorted()
        .toList();
  }

  private static IpPool switched(IpPool before, PoolMode mode, Optional<Duration> confirm)
      throws CommandException {
    PoolMode from = Readers.mode(before);
    if (from.equals(mode)) {
      return before;
    }
    try {
      return mode.applyTo(before)
          .withAnnotation(IpPool.PREVIOUS_MODE_ANNOTATION, Optional.of(from.toString()))
          .withAnnotation(
              IpPool.CONFIRM_ANNOTATION,
              confirm.map(t -> Instant.now().plus(t).truncatedTo(ChronoUnit.SECONDS).toString()))
          .withAnnotation(IpPool.WITHOUT_ANNOTATION, Optional.empty());
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  /** Says what changes until every node sends by the new mode alone. */
  private long follow(String pool, Duration wait, Output output)
      throws CommandException, InterruptedException {
    long beganNanos = System.nanoTime();
    String said = "";
    while (true) {
      List<Row> rows =
          SwitchProgress.read(store, output).stream().filter(r -> r.pool().equals(pool)).toList();
      long there = rows.stream().filter(r -> isThere(r)).count();
      String now = there + " of " + rows.size() + " nodes send by the new mode" + waits(rows);
      if (!now.equals(said)) {
        output.message(now);
        output.flush();
        said = now;
      }
      Duration spent = Duration.ofNanos(System.nanoTime() - beganNanos);
      if (there == rows.size()) {
        return spent.toMillis();
      }
      if (spent.compareTo(wait) > 0 || output.isClosed()) {
        throw new CommandException(
            "pool "
                + pool
                + " is not switched on all nodes yet, traffic goes on as before there: "
                + now
                + "; follow it with mode:status, go back with mode:abort "
                + pool);
      }
      Thread.sleep(INTERVAL.toMillis());
    }
  }

  private static boolean isThere(Row row) {
    return row.state() == State.THERE || row.state() == State.LEAVING;
  }

  private static String waits(List<Row> rows) {
    String waits =
        rows.stream()
            .filter(r -> !isThere(r))
            .map(
                r ->
                    r.node()
                        + (r.waitsFor().isEmpty()
                            ? " is " + r.state().name().toLowerCase(java.util.Locale.ROOT)
                            : " waits: " + r.waitsFor().get(0)))
            .collect(Collectors.joining("; "));
    return waits.isEmpty() ? "" : "; " + waits;
  }

  private PoolMode mode(String text) throws CommandException {
    PoolMode mode;
    try {
      mode = PoolMode.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    }
    List<String> provided = modes.get().stream().map(m -> m.info().name()).distinct().toList();
    if (!provided.contains(mode.name())) {
      throw new CommandException(
          "mode: "
              + mode.name()
              + " (expected: "
              + provided.stream().sorted().collect(Collectors.joining(", "))
              + ", which bundles of this node provide)");
    }
    return mode;
  }
}
