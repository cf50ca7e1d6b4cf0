// SPDX-License-Identifier: Apache-2.0
package io.margay.core.map;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.command.StoredResources;
import io.margay.core.query.NodeQueries;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code net:map}: nodes, modes, sessions and pools at a glance. */
@Component(service = Command.class)
public final class NetMap implements Command {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final String HTML = "html";

  private final Store store;
  private final String self;
  private final String version;

  @Activate
  public NetMap(BundleContext context, @Reference Store store, @Reference NodeAgent agent) {
    this.store = store;
    self = agent.nodeName();
    version = context.getBundle().getVersion().toString();
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("net", "map", "draw nodes, routing modes, BGP sessions and pools")
        .withFlag(HTML, "as a page for a browser: margay map --html FILE writes it")
        .withExample("net:map");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    MapReader reader = new MapReader(new StoredResources(store, output));
    ClusterMap map =
        reader.read(ask(reader), Instant.now().truncatedTo(ChronoUnit.SECONDS), version);
    try {
      output.result(invocation.has(HTML) ? MapPage.of(map) : MapText.of(map), map);
    } catch (IOException e) {
      throw new CommandException("the page cannot be made: " + e.getMessage(), e);
    }
  }

  private Map<String, NodeAnswer> ask(MapReader reader)
      throws CommandException, InterruptedException {
    try {
      return new NodeQueries(store, self, Clock.systemUTC())
          .ask(MapWitness.VERB, Map.of(), reader.nodeNames(), PATIENCE);
    } catch (StoreException e) {
      throw new CommandException("the nodes cannot be asked: " + e.getMessage(), e);
    }
  }
}
