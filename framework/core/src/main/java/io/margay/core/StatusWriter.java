// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.resource.NodeModeStatus;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Expected;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes this node's NodeModeStatus, one version after the other: the next only when the watch has
 * shown the one before, so that the agent always knows what others may know. Confined to the agent
 * thread.
 */
final class StatusWriter {
  private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private record UnderWay(NodeModeStatus status, Revision base) {}

  private final AgentThread agent;
  private final Executor io;
  private Store store;
  private Optional<UnderWay> underWay = Optional.empty();

  StatusWriter(AgentThread agent, Executor io) {
    this.agent = agent;
    this.io = io;
  }

  void bind(Store service) {
    store = service;
    underWay = Optional.empty(); // The watch of this store will show what has come of it.
  }

  void unbind() {
    store = null;
  }

  /** What was handed to the store and has not come back by the watch. */
  Optional<NodeModeStatus> underWay() {
    return underWay.map(UnderWay::status);
  }

  /**
   * Tells what the watch shows.
   *
   * @param revision of our status; NONE while there is none
   */
  void seen(Revision revision) {
    underWay = underWay.filter(u -> u.base().equals(revision));
  }

  /**
   * Writes a status, unless one is under way: then whoever sees that come back asks again.
   *
   * @param base revision that it replaces; NONE when there is none
   */
  void write(NodeModeStatus status, Revision base) {
    if (underWay.isEmpty() && store != null) {
      underWay = Optional.of(new UnderWay(status, base));
      put(store, underWay.get());
    }
  }

  private void put(Store target, UnderWay write) {
    Expected expected =
        write.base().equals(Revision.NONE) ? Expected.ABSENT : Expected.at(write.base());
    io.execute(
        () -> {
          try {
            target.put(write.status().key(), write.status().toJson(), expected);
          } catch (ConflictException e) {
            // It is there already, or somebody else wrote or deleted it: the watch will tell.
            LOG.debug("Mode status not written, another is there", e);
          } catch (StoreException e) {
            LOG.debug("Mode status not written, trying again", e);
            agent.after(RETRY, () -> again(target, write));
          }
        });
  }

  private void again(Store target, UnderWay write) {
    if (store == target && underWay.equals(Optional.of(write))) {
      put(target, write);
    }
  }
}
