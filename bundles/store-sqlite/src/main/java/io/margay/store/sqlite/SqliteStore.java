// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.health.MetricSource;
import io.margay.api.node.NodeProperties;
import io.margay.api.store.Entry;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Listing;
import io.margay.api.store.Outcome;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import io.margay.api.store.Write;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * A store in one SQLite file that all agents of a machine share.
 *
 * <p>Three parties, each with a connection of its own: {@link Reader} serves reads on the caller's
 * thread, {@link Writer} is the one thread that commits, {@link WatchLoop} the one that opens the
 * file and follows its log. While the file cannot be opened the component stays, refuses with the
 * reason, and tries again.
 */
@Component(
    service = {Store.class, HealthCheck.class, MetricSource.class},
    configurationPid = "io.margay.store.sqlite")
@Designate(ocd = SqliteStore.Config.class)
public final class SqliteStore implements Store, HealthCheck, MetricSource {
  private static final String HEALTH = "store";
  private static final Duration LONGEST_BUSY = Duration.ofSeconds(5);
  private static final Duration DRAIN = Duration.ofSeconds(5);

  /** Configuration of the store. */
  @ObjectClassDefinition(name = "Store in an SQLite file")
  public @interface Config {
    @AttributeDefinition(
        description = "Longest time a call may take, in seconds",
        min = "1",
        max = "300")
    int deadlineSeconds() default 10;

    @AttributeDefinition(
        description = "Changes kept for watches; one that is further behind reads the kind anew",
        min = "100",
        max = "1000000")
    int logRevisions() default 10_000;
  }

  private final Duration deadline;
  private final Times times = new Times();
  private final CurrentDatabase current;
  private final Bell bell;
  private final Reader reader;
  private final Writer writer;
  private final WatchLoop watches;

  @Activate
  public SqliteStore(BundleContext context, Config config) {
    this(fileOf(context), Duration.ofSeconds(config.deadlineSeconds()), config.logRevisions());
  }

  SqliteStore(Path file, Duration deadline, int logRevisions) {
    this.deadline = deadline;
    current = new CurrentDatabase(deadline);
    bell = new Bell(sibling(file, Bell.SUFFIX));
    reader = new Reader(current, deadline);
    writer = new Writer(current, bell, sibling(file, "-lock"), logRevisions);
    watches = new WatchLoop(file, busyTimeout(deadline), current, bell);
    writer.start();
    watches.start();
  }

  private static Path fileOf(BundleContext context) {
    Path state = Path.of(context.getProperty(NodeProperties.STATE));
    NativeLibrary.keepIn(state.resolve("lib"));
    String file = context.getProperty(NodeProperties.STORE);
    return file == null ? state.resolve("store.db") : Path.of(file);
  }

  /** Shorter than the deadline, so that callers learn what they waited for. */
  private static Duration busyTimeout(Duration deadline) {
    Duration half = deadline.dividedBy(2);
    return half.compareTo(LONGEST_BUSY) < 0 ? half : LONGEST_BUSY;
  }

  private static Path sibling(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  @Override
  public Optional<Entry> get(Key key) throws StoreException {
    return times.time(Times.Operation.GET, () -> reader.read(session -> session.get(key)));
  }

  @Override
  public Listing list(String kind) throws StoreException {
    return times.time(Times.Operation.LIST, () -> reader.read(session -> session.listing(kind)));
  }

  /**
   * The writes before a conflict are in one commit: after a crash all of them are there or none.
   */
  @Override
  public List<Outcome> write(List<Write> writes) throws StoreException {
    return writes.isEmpty()
        ? List.of()
        : times.time(Times.Operation.WRITE, () -> writer.write(writes, deadline));
  }

  @Override
  public Watch watch(String kind, Filter filter, Watcher watcher) {
    return watches.watch(kind, filter, watcher);
  }

  @Override
  public List<Health> check() {
    return List.of(
        current
            .trouble()
            .map(reason -> Health.down(HEALTH, reason))
            .or(() -> writer.trouble().map(reason -> Health.degraded(HEALTH, reason)))
            .orElseGet(this::checkBell));
  }

  @Override
  public void emit(Sink sink) {
    times.emit(sink);
    sink.gauge("margay_store_up", Map.of(), current.trouble().isEmpty() ? 1 : 0);
  }

  private Health checkBell() {
    return bell.trouble().map(reason -> Health.degraded(HEALTH, reason)).orElse(Health.ok(HEALTH));
  }

  @Deactivate
  void close() {
    writer.close(DRAIN);
    watches.close(DRAIN);
    reader.close();
  }
}
