// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.resource.NodeModeStatus;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.view.ClusterView;
import io.margay.core.view.Mirror;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what nodes have said that no longer exist, so that nobody waits for them. Confined to the
 * agent thread.
 */
final class GoneNodes {
  private static final Logger LOG = LoggerFactory.getLogger(GoneNodes.class);

  /**
   * Far longer than a watch of Nodes is behind one of statuses: a new node writes its Node first.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final AgentThread agent;
  private final Executor io;
  private final Mirror mirror;
  private final Runnable onDue;
  private final Map<String, Long> goneSinceNanos = new HashMap<>();
  private Store store;

  /**
   * Nothing known, and no store.
   *
   * @param onDue called on the agent thread when {@link #watch} is to be called again
   */
  GoneNodes(AgentThread agent, Executor io, Mirror mirror, Runnable onDue) {
    this.agent = agent;
    this.io = io;
    this.mirror = mirror;
    this.onDue = onDue;
  }

  void bind(Store service) {
    store = service;
    goneSinceNanos.clear();
  }

  void unbind() {
    store = null;
  }

  /** Looks for statuses without a node; one whose document is unreadable may still exist. */
  void watch(ClusterView view) {
    if (!mirror.knowsAllNodes()) {
      goneSinceNanos.clear();
      return;
    }
    goneSinceNanos
        .keySet()
        .removeIf(node -> view.nodes().containsKey(node) || !mirror.statuses().containsKey(node));
    for (String node : mirror.statuses().keySet()) {
      if (view.nodes().containsKey(node)) {
        continue;
      }
      Long since = goneSinceNanos.get(node);
      if (since == null) {
        goneSinceNanos.put(node, agent.nanoTime());
        agent.after(PATIENCE, onDue);
      } else if (agent.nanoTime() - since >= PATIENCE.toNanos() && store != null) {
        goneSinceNanos.put(node, agent.nanoTime());
        delete(store, node, mirror.statusRevision(node));
      }
    }
  }

  private void delete(Store target, String node, Revision revision) {
    io.execute(
        () -> {
          try {
            target.delete(Key.of(NodeModeStatus.KIND, node), Expected.at(revision));
            LOG.info("Mode status of a deleted node deleted node={}", node);
          } catch (ConflictException e) {
            LOG.debug("Mode status changed or deleted meanwhile node={}", node);
          } catch (StoreException e) {
            LOG.debug("Mode status of a deleted node not deleted node={}", node, e);
          }
        });
  }
}
