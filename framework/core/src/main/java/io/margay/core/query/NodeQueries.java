// SPDX-License-Identifier: Apache-2.0
package io.margay.core.query;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.resource.NodeQuery;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Asks the agents of other nodes, through the store. Blocks; on any thread. */
public final class NodeQueries {
  /** Much longer than anybody waits: the nodes' clocks may differ. */
  private static final Duration LIFETIME = Duration.ofMinutes(5);

  private final Store store;
  private final String from;
  private final Clock clock;

  /**
   * Nothing is asked yet.
   *
   * @param from name of this node
   */
  public NodeQueries(Store store, String from, Clock clock) {
    this.store = store;
    this.from = from;
    this.clock = clock;
  }

  /**
   * Asks and waits until all of these nodes have answered, or the time is over.
   *
   * @return answers by node; a node that has not answered is missing
   */
  public Map<String, NodeAnswer> ask(
      String verb, Map<String, String> arguments, Set<String> nodes, Duration patience)
      throws StoreException, InterruptedException {
    String name = verb + "-" + UUID.randomUUID();
    NodeQuery query = NodeQuery.of(name, verb, arguments, from, clock.instant().plus(LIFETIME));
    BlockingQueue<Watcher.Event> events = new LinkedBlockingQueue<>();
    Watch watch = store.watch(NodeAnswer.KIND, new Filter(name + "."), events::add);
    try {
      store.put(query.key(), query.toJson(), Expected.ABSENT);
      return collect(events, nodes, System.nanoTime() + patience.toNanos());
    } finally {
      watch.close();
      remove(store, name);
    }
  }

  private static Map<String, NodeAnswer> collect(
      BlockingQueue<Watcher.Event> events, Set<String> nodes, long endNanos)
      throws InterruptedException {
    Map<String, NodeAnswer> answers = new HashMap<>();
    while (!answers.keySet().containsAll(nodes)) {
      long left = endNanos - System.nanoTime();
      Watcher.Event event = left > 0 ? events.poll(left, TimeUnit.NANOSECONDS) : null;
      if (event == null) {
        break;
      }
      for (Entry entry : entries(event)) {
        try {
          NodeAnswer answer = NodeAnswer.parse(entry.json());
          answers.put(answer.node(), answer);
        } catch (InvalidResourceException e) {
          String node = entry.key().name().substring(entry.key().name().indexOf('.') + 1);
          answers.put(node, NodeAnswer.failed("unreadable", node, e.getMessage()));
        }
      }
    }
    return answers;
  }

  private static List<Entry> entries(Watcher.Event event) {
    if (event instanceof Watcher.Reset reset) {
      return reset.listing().entries();
    }
    return event instanceof Watcher.Put put ? List.of(put.entry()) : List.of();
  }

  /**
   * Deletes a query, then its answers. An agent that answers looks for the query after it has
   * written, and takes its answer back when that is gone: so none stays.
   */
  static void remove(Store store, String query) throws StoreException {
    store.delete(Key.of(NodeQuery.KIND, query), Expected.ANY);
    for (Entry entry : store.list(NodeAnswer.KIND).entries()) {
      if (entry.key().name().startsWith(query + ".")) {
        store.delete(entry.key(), Expected.ANY);
      }
    }
  }
}
