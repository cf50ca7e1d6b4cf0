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
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code dataplane:journal}: what was changed in the kernel of this node, and why. */
@Component
public final class JournalShow implements Command {
  private static final int DEFAULT_COUNT = 50;
  private static final long POLL_MILLIS = 200;

  private record Row(
      Instant when,
      long number,
      String cause,
      String why,
      String pod,
      String result,
      String change,
      String owner) {
    static Row of(JournalRecord entry) {
      return new Row(
          entry.time(),
          entry.sequence(),
          entry.cause().kind().word(),
          entry.cause().text(),
          entry.cause().pod().orElse(""),
          entry.errno().orElse("ok"),
          entry.toString(),
          entry.owner().orElse(""));
    }
  }

  private final Journal journal;

  @Activate
  public JournalShow(@Reference Journal journal) {
    this.journal = journal;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "dataplane", "journal", "list what was changed in the kernel of this node, and why")
        .withOption("since", "TIME", "from then on, such as 1h or 2026-11-23T21:05")
        .withOption("until", "TIME", "until then")
        .withOption("object", "TEXT", "only objects whose text contains it, such as 10.65.1.0/26")
        .withOption("pod", "POD", "only of this pod, NAMESPACE/NAME or NAME")
        .withOption("owner", "OWNER", "only of this owner, such as pool/default, or pool")
        .withOption("cause", "KIND", "only what such a thing has caused, such as cni or repair")
        .withOption(
            "n", "COUNT", "the last so many (default: " + DEFAULT_COUNT + ", all with --since)")
        .withFlag("f", "go on with what happens from now on")
        .withRows(Row.class)
        .withExample("dataplane:journal --since 1h --object 10.65.1.0/26")
        .withExample("dataplane:journal --cause repair -n 20")
        .withExample("dataplane:journal --pod default/web -f");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("cause")
        ? Arrays.stream(Cause.Kind.values()).map(Cause.Kind::word).toList()
        : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Instant now = Instant.now();
    Optional<Instant> since = JournalTime.option(invocation, "since", now);
    Optional<Instant> until = JournalTime.option(invocation, "until", now);
    int count = count(invocation, since.isPresent());
    Predicate<JournalRecord> wanted = wanted(invocation);
    BlockingQueue<JournalRecord> news = new LinkedBlockingQueue<>();
    AutoCloseable follower = invocation.has("f") ? journal.follow(news::add) : () -> {};
    try {
      Deque<JournalRecord> found = new ArrayDeque<>();
      journal.visit(
          since.orElse(Instant.MIN),
          entry -> {
            if (!until.filter(entry.time()::isAfter).isPresent() && wanted.test(entry)) {
              found.addFirst(entry);
            }
            return found.size() < count;
          });
      found.forEach(entry -> output.row(Row.of(entry)));
      if (invocation.has("f")) {
        long shown = found.isEmpty() ? 0 : found.getLast().sequence();
        follow(news, wanted.and(entry -> entry.sequence() > shown), output);
      }
    } catch (IOException e) {
      throw new CommandException("the journal cannot be read: " + e.getMessage(), e);
    } finally {
      close(follower);
    }
  }

  private static void follow(
      BlockingQueue<JournalRecord> news, Predicate<JournalRecord> wanted, Output output)
      throws InterruptedException {
    output.flush();
    while (!output.isClosed()) {
      JournalRecord entry = news.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      if (entry != null && wanted.test(entry)) {
        output.row(Row.of(entry));
        output.flush();
      }
    }
  }

  private static void close(AutoCloseable follower) throws CommandException {
    try {
      follower.close();
    } catch (Exception e) {
      throw new CommandException("the journal cannot be left: " + e.getMessage(), e);
    }
  }

  private static int count(Invocation invocation, boolean all) throws CommandException {
    Optional<String> text = invocation.value("n");
    if (text.isEmpty()) {
      return all ? Integer.MAX_VALUE : DEFAULT_COUNT;
    }
    if (!text.get().matches("[1-9]\\d{0,6}")) {
      throw new CommandException("-n: " + text.get() + " (expected: 1..9999999)", 2);
    }
    return Integer.parseInt(text.get());
  }

  private static Predicate<JournalRecord> wanted(Invocation invocation) throws CommandException {
    Predicate<JournalRecord> wanted = entry -> true;
    Optional<String> object = invocation.value("object");
    if (object.isPresent()) {
      String text = object.get();
      wanted = wanted.and(e -> e.object().contains(text) || e.before().orElse("").contains(text));
    }
    Optional<String> pod = invocation.value("pod");
    if (pod.isPresent()) {
      String name = pod.get();
      wanted =
          wanted.and(
              e -> {
                String its = e.cause().pod().orElse("");
                return its.equals(name) || its.endsWith("/" + name);
              });
    }
    Optional<String> owner = invocation.value("owner");
    if (owner.isPresent()) {
      String name = owner.get();
      wanted =
          wanted.and(
              e -> {
                String its = e.owner().orElse("");
                return its.equals(name) || its.startsWith(name + "/");
              });
    }
    Optional<String> cause = invocation.value("cause");
    if (cause.isPresent()) {
      Cause.Kind kind = kind(cause.get());
      wanted = wanted.and(e -> e.cause().kind() == kind);
    }
    return wanted;
  }

  private static Cause.Kind kind(String word) throws CommandException {
    List<String> words = Arrays.stream(Cause.Kind.values()).map(Cause.Kind::word).toList();
    int index = words.indexOf(word);
    if (index < 0) {
      throw new CommandException(
          "--cause: " + word + " (expected: one of " + String.join(", ", words) + ")", 2);
    }
    return Cause.Kind.values()[index];
  }
}
