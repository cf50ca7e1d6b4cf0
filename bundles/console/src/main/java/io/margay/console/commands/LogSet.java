// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import ch.qos.logback.classic.Logger;
import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code log:set}. */
@Component
public final class LogSet implements Command {
  private static final String LOGGER = "logger";
  private static final String LEVEL = "level";
  private static final String INHERIT = "DEFAULT";

  private record Row(String logger, String level) {}

  private final LogRing ring;

  @Activate
  public LogSet(@Reference LogRing ring) {
    this.ring = ring;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("log", "set", "set the level of a logger until the agent restarts")
        .operating()
        .withArgument(LOGGER, "a logger with all below it, such as io.margay.core, or ROOT")
        .withArgument(LEVEL, "one of " + String.join(", ", levels()))
        .withExample("log:set io.margay.dataplane DEBUG")
        .withExample("log:set io.margay.dataplane DEFAULT");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(LEVEL)
        ? levels()
        : ring.context().getLoggerList().stream().map(Logger::getName).toList();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Logger logger = ring.context().getLogger(invocation.argument(LOGGER));
    String level = invocation.argument(LEVEL).toUpperCase(Locale.ROOT);
    boolean root = logger.getName().equals(org.slf4j.Logger.ROOT_LOGGER_NAME);
    if (!level.equals(INHERIT)) {
      logger.setLevel(Levels.parse(LEVEL, level, levels()));
    } else if (root) {
      throw new CommandException("level: DEFAULT (expected: a level, ROOT inherits from none)", 2);
    } else {
      logger.setLevel(null);
    }
    String now = logger.getEffectiveLevel().toString();
    output.result(logger.getName() + " logs at " + now, new Row(logger.getName(), now));
  }

  private static List<String> levels() {
    List<String> levels = new ArrayList<>(Levels.NAMES);
    levels.add("OFF");
    levels.add(INHERIT);
    return List.copyOf(levels);
  }
}
