// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code pool:migrate}: pods move to another pool as they are made anew. */
@Component
public final class PoolMigrate implements Command {
  private static final Duration INTERVAL = Duration.ofMillis(200);
  private static final Duration DEFAULT_WAIT = Duration.ofMinutes(10);
  private static final String PLAN = "plan";
  private static final String KEEP = "keep";
  private static final String UNDO = "undo";

  private record Migrated(String from, String to, long left, boolean deleted) {}

  private final Store store;

  @Activate
  public PoolMigrate(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("pool", "migrate", "move pods to another pool as they are made anew")
        .changing()
        .withArgument("old", "the pool that is left; it is disabled, and deleted once it is empty")
        .withOptionalArgument("new", "the pool that takes its place")
        .withFlag(PLAN, "only say what would move, and what is in the way")
        .withOption("wait", "TIME", "how long to follow until it is empty (10m); 0s: not at all")
        .withFlag(KEEP, "keep the old pool, disabled, when it is empty")
        .withFlag(UNDO, "enable the old pool again; pods that moved stay where they are")
        .withRows(MigrationPlan.Row.class)
        .withExample("pool:migrate blue green --plan")
        .withExample("pool:migrate blue green --wait 30m")
        .withExample("pool:migrate blue --undo");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("old") || name.equals("new") ? PoolChange.names(store) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    String old = invocation.argument("old");
    if (invocation.has(UNDO)) {
      undo(old, output);
      return;
    }
    String target =
        invocation
            .value("new")
            .orElseThrow(() -> new CommandException("new: missing (expected: a pool)", 2));
    Duration wait = Times.option(invocation, "wait").orElse(DEFAULT_WAIT);
    MigrationPlan plan = MigrationPlan.read(old, target, new StoredResources(store, output));
    if (invocation.has(PLAN)) {
      show(plan, output);
    }
    if (!plan.obstacles().isEmpty()) {
      throw new CommandException(
          "pool "
              + old
              + " cannot move to "
              + target
              + ":\n  "
              + String.join("\n  ", plan.obstacles()));
    }
    if (!invocation.has(PLAN)) {
      migrate(plan, wait, invocation.has(KEEP), output);
    }
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    Optional<String> target = invocation.value("new");
    if (target.isPresent() && !invocation.has(UNDO)) {
      String old = invocation.argument("old");
      show(MigrationPlan.read(old, target.get(), new StoredResources(store, output)), output);
    }
  }

  private static void show(MigrationPlan plan, Output output) {
    plan.rows().forEach(output::row);
    output.message(plan.summary());
    plan.hints().forEach(output::message);
  }

  private void migrate(MigrationPlan plan, Duration wait, boolean keep, Output output)
      throws CommandException, InterruptedException {
    String old = plan.from().name();
    new PoolChange(store).change(old, before -> before.withDisabled(true));
    output.message(plan.summary());
    plan.hints().forEach(output::message);
    if (!plan.rows().isEmpty()) {
      output.message("pool " + old + " is disabled: make these pods anew");
    }
    long left = wait.isZero() ? plan.rows().size() : follow(plan, wait, output);
    boolean delete = left == 0 && !keep;
    String also = delete ? new PoolRemoval(store).remove(Key.of(IpPool.KIND, old)) : "";
    String now =
        left > 0
            ? Holders.addresses(left) + " left in pool " + old + ": run this again to follow"
            : "pool "
                + old
                + " is empty"
                + (delete ? " and deleted" : ", and disabled")
                + (also.isEmpty() ? "" : ", " + also);
    output.result(now, new Migrated(old, plan.to().name(), left, delete));
  }

  /** Says how many addresses are left until there is none. */
  private long follow(MigrationPlan plan, Duration wait, Output output)
      throws CommandException, InterruptedException {
    String old = plan.from().name();
    long endNanos = System.nanoTime() + wait.toNanos();
    String said = "";
    while (true) {
      List<MigrationPlan.Row> rows =
          MigrationPlan.rows(plan.from(), new StoredResources(store, output));
      if (rows.isEmpty()) {
        return 0;
      }
      String now = Holders.addresses(rows.size()) + " left: " + byNode(rows);
      if (!now.equals(said)) {
        output.message(now);
        output.flush();
        said = now;
      }
      if (System.nanoTime() - endNanos > 0 || output.isClosed()) {
        throw new CommandException(
            "pool "
                + old
                + " is disabled and not empty yet, "
                + now
                + "; make these pods anew and run this again, or go back with pool:migrate "
                + old
                + " --undo");
      }
      Thread.sleep(INTERVAL.toMillis());
    }
  }

  private static String byNode(List<MigrationPlan.Row> rows) {
    return rows.stream()
        .collect(
            Collectors.groupingBy(MigrationPlan.Row::node, TreeMap::new, Collectors.counting()))
        .entrySet()
        .stream()
        .map(e -> e.getValue() + " on " + e.getKey())
        .collect(Collectors.joining(", "));
  }

  private void undo(String old, Output output) throws CommandException {
    boolean[] wasDisabled = new boolean[1];
    new PoolChange(store)
        .change(
            old,
            before -> {
              wasDisabled[0] = before.disabled();
              return before.withDisabled(false);
            });
    output.result(
        "pool "
            + old
            + (wasDisabled[0] ? " is enabled again; pods that moved" : " is enabled; its pods")
            + " stay where they are",
        new Migrated(old, old, 0, false));
  }
}
