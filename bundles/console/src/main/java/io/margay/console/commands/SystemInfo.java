// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.node.NodeFiles;
import io.margay.api.node.NodeProperties;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code system:info}. */
@Component
public final class SystemInfo implements Command {
  private record Row(String property, Object value) {}

  private final BundleContext context;

  @Activate
  public SystemInfo(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("system", "info", "say what this agent is and runs on")
        .withRows(Row.class)
        .withExample("system:info");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Map<String, Object> facts = new LinkedHashMap<>();
    agent(facts);
    try {
      machine(facts);
    } catch (IOException e) {
      throw new CommandException("/proc cannot be read: " + e.getMessage(), e);
    }
    paths(facts);
    facts.forEach((property, value) -> output.row(new Row(property, value)));
  }

  private void agent(Map<String, Object> facts) {
    Instant started = Instant.ofEpochMilli(Long.parseLong(property(NodeProperties.STARTED)));
    facts.put("node", property(NodeProperties.NODE));
    facts.put("version", context.getBundle().getVersion().toString());
    facts.put("started", started);
    facts.put("uptime", Duration.between(started, Instant.now()));
    facts.put("process", ProcessHandle.current().pid());
    ProcessHandle.current()
        .info()
        .totalCpuDuration()
        .ifPresent(used -> facts.put("processor time", used));
    facts.put("bundles", context.getBundles().length);
  }

  private static void machine(Map<String, Object> facts) throws IOException {
    facts.put("java", Runtime.version() + " " + System.getProperty("java.vm.name"));
    facts.put("java home", System.getProperty("java.home"));
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("architecture", System.getProperty("os.arch"));
    facts.put("processors", Runtime.getRuntime().availableProcessors());
    facts.put("load", Files.readString(Path.of("/proc/loadavg")).strip());
  }

  private void paths(Map<String, Object> facts) {
    Path state = Path.of(property(NodeProperties.STATE));
    facts.put("home", property(NodeProperties.HOME));
    facts.put("configuration", property(NodeProperties.ETC));
    facts.put("state", state.toString());
    facts.put("run", new NodeFiles(state).run().toString());
    facts.put("store", property(NodeProperties.STORE));
  }

  private String property(String name) {
    return context.getProperty(name);
  }
}
