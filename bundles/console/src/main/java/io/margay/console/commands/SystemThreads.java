// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Component;

/** {@code system:threads}. */
@Component
public final class SystemThreads implements Command {
  private static final String PART = "name";
  private static final String STACK = "stack";

  private record Row(
      long id,
      String name,
      Thread.State state,
      Optional<Duration> processorTime,
      Optional<String> waitsForThread) {}

  private record Stack(long id, String name, Thread.State state, List<String> stack) {}

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("system", "threads", "list the threads of the agent")
        .withOptionalArgument(PART, "only threads whose name contains this")
        .withFlag(STACK, "with what each of them is doing")
        .withRows(Row.class)
        .withExample("system:threads")
        .withExample("system:threads --stack kernel");
  }

  @Override
  public List<String> complete(String name) {
    return infos(0).map(ThreadInfo::getThreadName).distinct().toList();
  }

  @Override
  public void run(Invocation invocation, Output output) {
    String part = invocation.value(PART).orElse("");
    boolean isDeep = invocation.has(STACK);
    infos(isDeep ? Integer.MAX_VALUE : 0)
        .filter(info -> info.getThreadName().contains(part))
        .sorted(Comparator.comparingLong(ThreadInfo::getThreadId))
        .forEach(
            info -> {
              if (isDeep) {
                say(info, output);
              } else {
                output.row(row(info));
              }
            });
    long[] dead = threads.findDeadlockedThreads();
    if (dead != null) {
      output.message(
          Stream.of(threads.getThreadInfo(dead))
              .filter(Objects::nonNull)
              .map(info -> info.getThreadName() + " waits for " + info.getLockOwnerName())
              .collect(Collectors.joining(", ", "they wait for each other for ever: ", "")));
    }
  }

  /** All but the one that asks. Threads may end while they are listed. */
  private Stream<ThreadInfo> infos(int depth) {
    return Stream.of(threads.getThreadInfo(threads.getAllThreadIds(), depth))
        .filter(Objects::nonNull)
        .filter(info -> info.getThreadId() != Thread.currentThread().getId());
  }

  private Row row(ThreadInfo info) {
    long nanos = threads.getThreadCpuTime(info.getThreadId());
    return new Row(
        info.getThreadId(),
        info.getThreadName(),
        info.getThreadState(),
        nanos < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(nanos)),
        Optional.ofNullable(info.getLockOwnerName()));
  }

  private static void say(ThreadInfo info, Output output) {
    List<String> stack = Stream.of(info.getStackTrace()).map(String::valueOf).toList();
    Stack row = new Stack(info.getThreadId(), info.getThreadName(), info.getThreadState(), stack);
    output.result(
        row.id()
            + " "
            + row.name()
            + " "
            + row.state()
            + stack.stream().map(frame -> "\n    at " + frame).collect(Collectors.joining()),
        row);
  }
}
