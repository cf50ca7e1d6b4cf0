// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Journal;
import io.margay.api.dataplane.JournalRecord;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.query.NodeQueries;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code dataplane:journal}: what was changed in the kernel of a node, and why. */
@Component(service = Command.class)
public final class JournalShow implements Command {
  private static final int DEFAULT_COUNT = 50;
  private static final long POLL_MILLIS = 200;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Journal journal;

  /** For questions to other nodes; this one's journal is there without. */
  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  private volatile Store store;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  private volatile NodeAgent agent;

  @Activate
  public JournalShow(@Reference Journal journal) {
    this.journal = journal;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "dataplane", "journal", "list what was changed in the kernel of a node, and why")
        .withOption("since", "TIME", "from then on, such as 1h or 2026-11-23T21:05")
        .withOption("until", "TIME", "until then")
        .withOption("object", "TEXT", "only objects whose text contains it, such as 10.65.1.0/26")
        .withOption("pod", "POD", "only of this pod, NAMESPACE/NAME or NAME")
        .withOption("owner", "OWNER", "only of this owner, such as pool/default, or pool")
        .withOption("cause", "KIND", "only what such a thing has caused, such as cni or repair")
        .withOption(
            "n", "COUNT", "the last so many (default: " + DEFAULT_COUNT + ", all with --since)")
        .withOption("node", "NODE", "of another node: its agent is asked, for 1000 at most")
        .withFlag("f", "go on with what happens from now on; of this node only")
        .withRows(JournalRow.class)
        .withExample("dataplane:journal --since 1h --object 10.65.1.0/26")
        .withExample("dataplane:journal --cause repair -n 20")
        .withExample("dataplane:journal --node node2 --cause switch")
        .withExample("dataplane:journal --pod default/web -f");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("cause") ? JournalFilter.kinds() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    JournalFilter filter = filter(invocation);
    Optional<String> node = invocation.value("node");
    if (node.isPresent() && invocation.has("f")) {
      throw new CommandException("-f: of this node only (expected: no --node)", 2);
    }
    if (node.isPresent()) {
      ask(node.get(), filter).forEach(output::row);
    } else if (invocation.has("f")) {
      follow(filter, output);
    } else {
      read(filter).forEach(entry -> output.row(JournalRow.of(entry)));
    }
  }

  private Deque<JournalRecord> read(JournalFilter filter) throws CommandException {
    try {
      return filter.read(journal);
    } catch (IOException e) {
      throw new CommandException("the journal cannot be read: " + e.getMessage(), e);
    }
  }

  /** First listens, then reads, so that nothing is missed; the number tells what came twice. */
  private void follow(JournalFilter filter, Output output)
      throws CommandException, InterruptedException {
    BlockingQueue<JournalRecord> news = new LinkedBlockingQueue<>();
    AutoCloseable follower = journal.follow(news::add);
    try {
      Deque<JournalRecord> found = read(filter);
      found.forEach(entry -> output.row(JournalRow.of(entry)));
      output.flush();
      long shown = found.isEmpty() ? 0 : found.getLast().sequence();
      while (!output.isClosed()) {
        JournalRecord entry = news.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (entry != null && entry.sequence() > shown && filter.matches(entry)) {
          output.row(JournalRow.of(entry));
          output.flush();
        }
      }
    } finally {
      close(follower);
    }
  }

  private static void close(AutoCloseable follower) throws CommandException {
    try {
      follower.close();
    } catch (Exception e) {
      throw new CommandException("the journal cannot be left: " + e.getMessage(), e);
    }
  }

  private List<JournalRow> ask(String node, JournalFilter filter)
      throws CommandException, InterruptedException {
    Store present = store;
    NodeAgent self = agent;
    if (present == null || self == null) {
      throw new CommandException("other nodes cannot be asked: there is no store, or no agent");
    }
    try {
      NodeAnswer answer =
          new NodeQueries(present, self.nodeName(), Clock.systemUTC())
              .ask(JournalVerb.VERB, filter.toMap(), Set.of(node), PATIENCE)
              .get(node);
      if (answer == null) {
        throw new CommandException(node + " does not answer: does its agent run?");
      }
      if (answer.failure().isPresent()) {
        throw new CommandException(node + ": " + answer.failure().get());
      }
      return JournalVerb.rows(answer.answer());
    } catch (StoreException e) {
      throw new CommandException("the nodes cannot be asked: " + e.getMessage(), e);
    }
  }

  private static JournalFilter filter(Invocation invocation) throws CommandException {
    Instant now = Instant.now();
    Optional<Instant> since = JournalTime.option(invocation, "since", now);
    Optional<Instant> until = JournalTime.option(invocation, "until", now);
    Optional<Cause.Kind> cause;
    try {
      cause = invocation.value("cause").map(JournalFilter::kind);
    } catch (IllegalArgumentException e) {
      throw new CommandException("--" + e.getMessage(), 2);
    }
    int count = count(invocation.value("n"), since.isPresent());
    return new JournalFilter(
        since,
        until,
        invocation.value("object"),
        invocation.value("pod"),
        invocation.value("owner"),
        cause,
        invocation.value("node").isPresent() ? Math.min(count, JournalVerb.MAX_RECORDS) : count);
  }

  private static int count(Optional<String> text, boolean all) throws CommandException {
    if (text.isEmpty()) {
      return all ? Integer.MAX_VALUE : DEFAULT_COUNT;
    }
    if (!text.get().matches("[1-9]\\d{0,6}")) {
      throw new CommandException("-n: " + text.get() + " (expected: 1..9999999)", 2);
    }
    return Integer.parseInt(text.get());
  }
}
