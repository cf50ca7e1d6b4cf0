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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the {@link NodeQuery}s of all nodes for this one. Confined to the agent thread. */
public final class QueryResponder {
  /** One kind of question. A component of core that registers one as a service is asked. */
  public interface Verb {
    /** As in {@link NodeQuery#verb}. */
    String name();

    /**
     * Answers without changing anything; called on the agent thread.
     *
     * @return completes on any thread with values of {@link io.margay.api.resource.Json}, or
     *     exceptionally with a message for people
     */
    CompletionStage<Map<String, Object>> answer(Map<String, String> arguments);
  }

  private static final Logger LOG = LoggerFactory.getLogger(QueryResponder.class);

  private final String self;
  private final Executor agent;
  private final BiConsumer<Duration, Runnable> timer;
  private final Executor io;
  private final Clock clock;
  private final List<Verb> verbs;

  /** Of other components; they come and go. */
  private final List<Verb> guests = new CopyOnWriteArrayList<>();

  private Store store;
  private Watch watch = () -> {};
  private final Set<String> known = new HashSet<>();

  /**
   * A responder without a store.
   *
   * @param self name of this node
   * @param timer runs a task on the agent thread after a delay
   * @param io runs what blocks
   */
  public QueryResponder(
      String self,
      Executor agent,
      BiConsumer<Duration, Runnable> timer,
      Executor io,
      Clock clock,
      List<Verb> verbs) {
    this.self = self;
    this.agent = agent;
    this.timer = timer;
    this.io = io;
    this.clock = clock;
    this.verbs = List.copyOf(verbs);
  }

  /** Answers this kind of question, too, from the next one on; on any thread. */
  public void add(Verb verb) {
    guests.add(verb);
  }

  /** Takes back {@link #add}. */
  public void remove(Verb verb) {
    guests.remove(verb);
  }

  public void bind(Store service) {
    unbind();
    store = service;
    watch =
        service.watch(
            NodeQuery.KIND, Filter.ALL, event -> agent.execute(() -> seen(service, event)));
  }

  public void unbind() {
    watch.close();
    watch = () -> {};
    store = null;
    known.clear();
  }

  private void seen(Store source, Watcher.Event event) {
    if (source != store) {
      return;
    }
    if (event instanceof Watcher.Reset reset) {
      known.retainAll(reset.listing().entries().stream().map(e -> e.key().name()).toList());
      reset.listing().entries().forEach(this::asked);
    } else if (event instanceof Watcher.Put put) {
      asked(put.entry());
    } else if (event instanceof Watcher.Deleted deleted) {
      known.remove(deleted.key().name());
    }
  }

  private void asked(Entry entry) {
    if (!known.add(entry.key().name())) {
      return;
    }
    NodeQuery query;
    try {
      query = NodeQuery.parse(entry.json());
    } catch (InvalidResourceException e) {
      LOG.warn("Query not usable name={} reason={}", entry.key().name(), e.getMessage());
      return;
    }
    Duration left = Duration.between(clock.instant(), query.expires());
    if (left.isNegative()) {
      expire(store, query);
      return;
    }
    Store source = store;
    timer.accept(left, () -> expire(source, query));
    Stream.concat(verbs.stream(), guests.stream())
        .filter(v -> v.name().equals(query.verb()))
        .findFirst()
        .ifPresentOrElse(
            verb -> answer(verb, query),
            () -> write(NodeAnswer.failed(query.name(), self, "cannot answer " + query.verb())));
  }

  private void answer(Verb verb, NodeQuery query) {
    verb.answer(query.arguments())
        .whenComplete(
            (answer, failure) ->
                agent.execute(
                    () ->
                        write(
                            failure == null
                                ? NodeAnswer.of(query.name(), self, answer)
                                : NodeAnswer.failed(query.name(), self, failure.getMessage()))));
  }

  private void write(NodeAnswer answer) {
    Store target = store;
    if (target == null || !known.contains(answer.query())) {
      return; // Nobody waits for it any more.
    }
    io.execute(
        () -> {
          try {
            target.put(answer.key(), answer.toJson(), Expected.ANY);
            if (target.get(queryKey(answer.query())).isEmpty()) {
              target.delete(answer.key(), Expected.ANY);
            }
          } catch (StoreException e) {
            LOG.warn("Query not answered name={}", answer.query(), e);
          }
        });
  }

  /** Whoever asked did not clean up: it was killed, or cut off from the store. */
  private void expire(Store source, NodeQuery query) {
    if (source != store || !known.contains(query.name())) {
      return;
    }
    io.execute(
        () -> {
          try {
            NodeQueries.remove(source, query.name());
          } catch (StoreException e) {
            LOG.warn("Expired query not deleted name={}", query.name(), e);
          }
        });
  }

  private static Key queryKey(String name) {
    return Key.of(NodeQuery.KIND, name);
  }
}
