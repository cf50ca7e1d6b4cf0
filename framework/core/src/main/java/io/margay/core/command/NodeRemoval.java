// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.console.Removal;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.Ipam.Freed;
import io.margay.api.ipam.IpamException;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.FelixConfiguration;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.query.Liveness;
import io.margay.core.query.NodeQueries;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes nodes with all that they hold: the Node first, so that nobody sends to it and its agent
 * gives out no more addresses; then endpoints, addresses of pods and tunnels, blocks; then what was
 * configured for it alone. Cut short, it is finished by the next call for the same node.
 */
@Component(service = {Removal.class, NodeRemoval.class})
public final class NodeRemoval implements Removal {
  private static final Logger LOG = LoggerFactory.getLogger(NodeRemoval.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Store store;
  private final Ipam ipam;
  private final NodeQueries queries;
  private final Duration patience;

  @Activate
  public NodeRemoval(@Reference Store store, @Reference Ipam ipam, @Reference NodeAgent agent) {
    this(store, ipam, new NodeQueries(store, agent.nodeName(), Clock.systemUTC()), PATIENCE);
  }

  /**
   * A removal.
   *
   * @param patience how long to wait for an agent that may not run
   */
  NodeRemoval(Store store, Ipam ipam, NodeQueries queries, Duration patience) {
    this.store = store;
    this.ipam = ipam;
    this.queries = queries;
    this.patience = patience;
  }

  @Override
  public String kind() {
    return Node.KIND;
  }

  @Override
  public Optional<String> obstacle(Key key) throws CommandException {
    String node = key.name();
    try {
      boolean answers =
          store.get(key).isPresent()
              && queries.ask(Liveness.VERB, Map.of(), Set.of(node), patience).containsKey(node);
      return answers
          ? Optional.of("node " + node + ": its agent runs; stop it first, or its pods lose theirs")
          : Optional.empty();
    } catch (StoreException e) {
      throw failed(node, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }

  @Override
  public String remove(Key key) throws CommandException {
    Optional<String> obstacle = obstacle(key);
    if (obstacle.isPresent()) {
      throw new CommandException(obstacle.get());
    }
    return removeAnyway(key.name());
  }

  /** Deletes a node whether its agent answers or not. */
  String removeAnyway(String node) throws CommandException {
    try {
      store.delete(Key.of(Node.KIND, node), Expected.ANY);
      Freed freed = ipam.free(node);
      List<Key> settings = settings(node);
      for (Key key : settings) {
        store.delete(key, Expected.ANY);
      }
      store.delete(Key.of(NodeModeStatus.KIND, node), Expected.ANY);
      return text(freed, settings);
    } catch (StoreException | IpamException e) {
      throw failed(node, e);
    }
  }

  /** What is configured for this node alone. */
  private List<Key> settings(String node) throws StoreException {
    List<Key> settings = new ArrayList<>();
    for (Key key :
        List.of(
            Key.of(FelixConfiguration.KIND, FelixConfiguration.nameFor(node)),
            Key.of(BgpConfiguration.KIND, BgpConfiguration.nameFor(node)))) {
      if (store.get(key).isPresent()) {
        settings.add(key);
      }
    }
    for (Entry entry : store.list(BgpPeer.KIND).entries()) {
      try {
        if (BgpPeer.parse(entry.json()).node().equals(Optional.of(node))) {
          settings.add(entry.key());
        }
      } catch (InvalidResourceException e) {
        LOG.warn("Resource cannot be read and stays key={}", entry.key(), e);
      }
    }
    return settings;
  }

  private static String text(Freed freed, List<Key> settings) {
    List<String> parts = new ArrayList<>();
    count(parts, freed.endpoints(), "endpoint");
    count(parts, freed.addresses(), "address");
    count(parts, freed.blocks(), "block");
    settings.forEach(key -> parts.add(key.toString()));
    return parts.isEmpty() ? "" : "with it " + String.join(", ", parts);
  }

  private static void count(List<String> parts, int count, String what) {
    if (count > 0) {
      String plural = what.endsWith("s") ? "es" : "s";
      parts.add(count + " " + what + (count == 1 ? "" : plural));
    }
  }

  private static CommandException failed(String node, Exception e) {
    return new CommandException("node " + node + ": " + e.getMessage(), e);
  }
}
