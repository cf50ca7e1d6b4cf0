// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.mode.LocalNode;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.node.NodeDocument;
import io.margay.core.view.AdvertisedFields;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks each mode in use what the other nodes must know about this one, and has it written into the
 * Node. Confined to the agent thread.
 */
final class Advertiser {
  private static final Logger LOG = LoggerFactory.getLogger(Advertiser.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** What was asked of whom; the same question to another bundle may have another answer. */
  private record Question(ModePlanner mode, LocalNode self) {}

  private final String node;
  private final AgentThread agent;
  private final Executor io;
  private final Runnable onChange;

  private Store store;
  private Optional<ClusterView> view = Optional.empty();
  private final Map<String, Question> asked = new HashMap<>();
  private final Map<String, Map<String, String>> answers = new TreeMap<>();
  private final Map<String, String> faults = new TreeMap<>();
  private boolean isWriting;
  private boolean isStale;
  private boolean isRetryDue;

  /**
   * An advertiser without a store.
   *
   * @param onChange called on the agent thread when a fault came or went
   */
  Advertiser(String node, AgentThread agent, Executor io, Runnable onChange) {
    this.node = node;
    this.agent = agent;
    this.io = io;
    this.onChange = onChange;
  }

  void bind(Store service) {
    store = service;
    write();
  }

  void unbind() {
    store = null;
  }

  /**
   * Has these modes advertise this node. Modes that are no longer in use keep what the Node has of
   * them, until they are retired.
   *
   * @param self this node; each mode gets its own settings beside it
   */
  void advertise(ClusterView now, LocalNode self, Collection<ModePlanner> inUse) {
    view = Optional.of(now);
    List<String> names = inUse.stream().map(ModePlanner::name).toList();
    asked.keySet().retainAll(names);
    answers.keySet().retainAll(names);
    faults.keySet().retainAll(names);
    Map<String, Map<String, String>> settings = now.own().map(NodeEntry::settings).orElse(Map.of());
    for (ModePlanner mode : inUse) {
      LocalNode its = self.withSettings(settings.getOrDefault(mode.name(), Map.of()));
      Question question = new Question(mode, its);
      if (!question.equals(asked.put(mode.name(), question))) {
        mode.advertise(its, answer -> answered(question, answer), why -> failed(question, why));
      }
    }
    write();
  }

  /** What is wrong, a sentence for each mode. */
  Collection<String> faults() {
    return faults.values();
  }

  private void answered(Question question, Map<String, String> answer) {
    String mode = question.mode().name();
    if (question.equals(asked.get(mode))) {
      answers.put(mode, answer);
      clear(mode);
      write();
    }
  }

  private void failed(Question question, String why) {
    String mode = question.mode().name();
    if (question.equals(asked.get(mode))) {
      fault(mode, "advertising by " + question.mode().provider().name() + " fails: " + why);
    }
  }

  /** Writes the first answer that the Node does not have; the others follow. */
  private void write() {
    isStale = isWriting;
    if (store == null || isWriting || view.flatMap(ClusterView::own).isEmpty()) {
      return;
    }
    Map<String, Map<String, String>> written =
        view.flatMap(ClusterView::own).map(NodeEntry::advertised).orElseThrow();
    Map<String, Map<String, String>> due = new TreeMap<>(answers);
    due.entrySet().removeIf(e -> e.getValue().equals(written.getOrDefault(e.getKey(), Map.of())));
    if (due.isEmpty()) {
      return;
    }
    isWriting = true;
    NodeDocument document = new NodeDocument(store, node);
    io.execute(
        () -> {
          Map<String, String> refusals = new TreeMap<>();
          Map<String, String> mistakes = new TreeMap<>();
          due.forEach(
              (mode, values) -> {
                try {
                  document.change(n -> AdvertisedFields.with(n, mode, values));
                } catch (StoreException | InvalidResourceException e) {
                  refusals.put(mode, e.getMessage());
                } catch (IllegalArgumentException e) {
                  mistakes.put(mode, e.getMessage());
                }
              });
          agent.execute(() -> written(due.keySet(), refusals, mistakes));
        });
  }

  /**
   * Takes note of what became of a write.
   *
   * @param refusals to be tried again, with the reason
   * @param mistakes of modes that advertise what a Node cannot have, with the reason
   */
  private void written(
      Set<String> tried, Map<String, String> refusals, Map<String, String> mistakes) {
    isWriting = false;
    tried.stream()
        .filter(m -> !refusals.containsKey(m) && !mistakes.containsKey(m))
        .forEach(this::clear);
    refusals.forEach((mode, why) -> fault(mode, "its advertisement is not written: " + why));
    mistakes.forEach((mode, why) -> fault(mode, "its advertisement cannot be written: " + why));
    answers.keySet().removeAll(mistakes.keySet());
    if (!refusals.isEmpty() && !isRetryDue) {
      isRetryDue = true;
      agent.after(
          RETRY,
          () -> {
            isRetryDue = false;
            write();
          });
    } else if (isStale) {
      write();
    }
  }

  private void fault(String mode, String why) {
    String text = "mode " + mode + ": " + why;
    if (!text.equals(faults.put(mode, text))) {
      LOG.warn("Mode does not advertise mode={} reason={}", mode, why);
      onChange.run();
    }
  }

  private void clear(String mode) {
    if (faults.remove(mode) != null) {
      onChange.run();
    }
  }
}
