// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Journal;
import io.margay.api.dataplane.JournalRecord;
import io.margay.api.dataplane.JournalRecord.Action;
import io.margay.api.dataplane.Owner;
import io.margay.api.node.NodeProperties;
import io.margay.dataplane.journal.JournalReader;
import io.margay.dataplane.journal.JournalWriter;
import io.margay.dataplane.journal.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@link Journal} of this node, in {@code journal} of the state directory. While the bundle is
 * swapped the new one takes down in memory until the old one has let go of the files, and goes on
 * in them.
 */
@Component(
    service = {Journal.class, NodeJournal.class},
    configurationPid = "io.margay.dataplane")
public final class NodeJournal implements Journal, Recorder {
  private static final Logger LOG = LoggerFactory.getLogger(NodeJournal.class);
  private static final String NAME = "io.margay.dataplane";
  private static final String LOCK = "lock";
  private static final long DRAIN_SECONDS = 5;

  /** An agent that has not come so far by then starts slowly. */
  private static final long START_MILLIS = 60_000;

  private final Path folder;
  private final JournalReader reader;
  private final JournalWriter writer;
  private final Thread thread;
  private final List<Consumer<JournalRecord>> followers = new CopyOnWriteArrayList<>();
  private volatile boolean closing;

  @Activate
  public NodeJournal(KernelDataplane.Config config, BundleContext context) {
    this(
        Path.of(context.getProperty(NodeProperties.STATE)).resolve("journal"),
        (long) config.journalMiB() << 20);
    remark(
        "the dataplane " + context.getBundle().getVersion() + " starts",
        new Cause(kind(context), "process " + ProcessHandle.current().pid()));
  }

  NodeJournal(Path folder, long maxBytes) {
    this.folder = folder;
    reader = new JournalReader(folder);
    writer = new JournalWriter(folder, maxBytes, entry -> followers.forEach(f -> f.accept(entry)));
    thread = Threads.OF_PROCESS.create("journal", this::run);
    thread.start();
  }

  /** In the place of another, when the agent starts, or configured anew. */
  private static Cause.Kind kind(BundleContext context) {
    for (Bundle other : context.getBundles()) {
      boolean isSame = NAME.equals(other.getSymbolicName()) && other != context.getBundle();
      if (isSame && other.getState() == Bundle.ACTIVE) {
        return Cause.Kind.SWAP;
      }
    }
    long started = Long.parseLong(context.getProperty(NodeProperties.STARTED));
    boolean isStart = System.currentTimeMillis() - started < START_MILLIS;
    return isStart ? Cause.Kind.START : Cause.Kind.OTHER;
  }

  private void run() {
    try (WriterToken token = WriterToken.await(folder.resolve(LOCK), () -> closing)) {
      if (token != null) {
        writer.run();
      }
    } catch (IOException e) {
      LOG.error("Nothing is written to the journal folder={}", folder, e);
    } catch (InterruptedException e) {
      LOG.warn("The journal was interrupted folder={}", folder);
    }
  }

  /** Writes what was taken down until now. */
  @Deactivate
  public void close() throws InterruptedException {
    closing = true;
    writer.close();
    thread.join(TimeUnit.SECONDS.toMillis(DRAIN_SECONDS));
  }

  @Override
  public void record(
      Action action, Owner owner, Object object, Object before, Cause cause, String errno) {
    writer.record(action, owner, object, before, cause, errno);
  }

  @Override
  public void remark(String text, Cause cause) {
    writer.record(Action.REMARK, null, text, null, cause, null);
  }

  @Override
  public void visit(Instant since, Predicate<JournalRecord> visitor) throws IOException {
    reader.visit(since, visitor);
  }

  @Override
  public Optional<Instant> begins() throws IOException {
    return reader.begins();
  }

  @Override
  public AutoCloseable follow(Consumer<JournalRecord> listener) {
    followers.add(listener);
    return () -> followers.remove(listener);
  }
}
