// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.osgi.service.component.annotations.Component;

/** {@code system:memory}. */
@Component
public final class SystemMemory implements Command {
  private static final Path STATUS = Path.of("/proc/self/status");

  private record Row(
      String memory,
      Optional<String> part,
      long usedKib,
      OptionalLong reservedKib,
      OptionalLong maxKib) {}

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("system", "memory", "say how much memory the agent uses, and for what")
        .withRows(Row.class)
        .withExample("system:memory");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    try {
      output.row(
          new Row(
              "resident",
              Optional.empty(),
              resident(),
              OptionalLong.empty(),
              OptionalLong.empty()));
    } catch (IOException e) {
      throw new CommandException(STATUS + " cannot be read: " + e.getMessage(), e);
    }
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    rows(MemoryType.HEAP, memory.getHeapMemoryUsage(), output);
    rows(MemoryType.NON_HEAP, memory.getNonHeapMemoryUsage(), output);
  }

  /** All memory of a type, and the pools that it consists of. */
  private static void rows(MemoryType type, MemoryUsage all, Output output) {
    String name = type == MemoryType.HEAP ? "heap" : "other";
    output.row(row(name, Optional.empty(), all));
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == type) {
        output.row(row(name, Optional.of(pool.getName()), pool.getUsage()));
      }
    }
  }

  /** What the kernel keeps in memory of the process. proc(5): VmRSS, in KiB. */
  private static long resident() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow(() -> new IOException("there is no VmRSS"));
  }

  private static Row row(String name, Optional<String> part, MemoryUsage usage) {
    return new Row(
        name,
        part,
        usage.getUsed() >> 10,
        OptionalLong.of(usage.getCommitted() >> 10),
        usage.getMax() < 0 ? OptionalLong.empty() : OptionalLong.of(usage.getMax() >> 10));
  }
}
