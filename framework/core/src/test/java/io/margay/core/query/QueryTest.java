// SPDX-License-Identifier: Apache-2.0
package io.margay.core.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.api.resource.NodeAnswer;
import io.margay.api.resource.NodeQuery;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.testkit.FakeStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class QueryTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final FakeStore store = new FakeStore(Runnable::run);
  private final NodeQueries queries = new NodeQueries(store, "n1", Clock.systemUTC());
  private final List<Runnable> timers = new ArrayList<>();

  @Test
  void collectsTheAnswersOfAllNodesAndLeavesNothing() throws Exception {
    List.of("n1", "n2").forEach(node -> answering(node, echo(node)));

    Map<String, NodeAnswer> answers =
        queries.ask("echo", Map.of("say", "hello"), Set.of("n1", "n2"), LONG);

    assertEquals(Map.of("says", "n1: hello"), answers.get("n1").answer());
    assertEquals(Map.of("says", "n2: hello"), answers.get("n2").answer());
    assertNothingIsLeft();
  }

  @Test
  void doesWithoutNodesThatAreSilent() throws Exception {
    answering("n1", echo("n1"));

    Map<String, NodeAnswer> answers =
        queries.ask("echo", Map.of("say", "hello"), Set.of("n1", "n2"), Duration.ofMillis(50));

    assertEquals(Set.of("n1"), answers.keySet());
    assertNothingIsLeft();
  }

  @Test
  void saysWhyANodeCannotAnswer() throws Exception {
    answering(
        "n1", verb("echo", CompletableFuture.failedFuture(new IllegalStateException("busy"))));
    answering("n2", verb("other", CompletableFuture.completedFuture(Map.of())));

    Map<String, NodeAnswer> answers = queries.ask("echo", Map.of(), Set.of("n1", "n2"), LONG);

    assertEquals(Optional.of("busy"), answers.get("n1").failure());
    assertEquals(Optional.of("cannot answer echo"), answers.get("n2").failure());
  }

  @Test
  void takesBackAnAnswerThatComesTooLate() throws Exception {
    CompletableFuture<Map<String, Object>> late = new CompletableFuture<>();
    answering("n1", verb("echo", late));
    queries.ask("echo", Map.of(), Set.of("n1"), Duration.ofMillis(10));

    late.complete(Map.of("says", "hello"));

    assertNothingIsLeft();
  }

  @Test
  void deletesWhatWasLeftBehindOnceItHasExpired() throws Exception {
    put("early", Instant.now().plusSeconds(600));
    put("late", Instant.now().minusSeconds(1));

    answering("n1", echo("n1"));

    assertEquals(List.of("NodeQuery/early"), keys(NodeQuery.KIND));
    assertEquals(List.of("NodeAnswer/early.n1"), keys(NodeAnswer.KIND));
    timers.forEach(Runnable::run);
    assertNothingIsLeft();
  }

  @Test
  void failsWithoutAStore() {
    store.lose("gone");

    assertThrows(
        StoreException.class, () -> queries.ask("echo", Map.of(), Set.of("n1"), Duration.ZERO));
  }

  private void answering(String node, QueryResponder.Verb verb) {
    QueryResponder responder =
        new QueryResponder(
            node,
            Runnable::run,
            (delay, task) -> timers.add(task),
            Runnable::run,
            Clock.systemUTC(),
            List.of(verb));
    responder.bind(store);
  }

  private static QueryResponder.Verb echo(String node) {
    return new QueryResponder.Verb() {
      @Override
      public String name() {
        return "echo";
      }

      @Override
      public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
        String says = node + ": " + arguments.get("say");
        return CompletableFuture.completedFuture(Map.of("says", says));
      }
    };
  }

  private static QueryResponder.Verb verb(
      String name, CompletionStage<Map<String, Object>> answer) {
    return new QueryResponder.Verb() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
        return answer;
      }
    };
  }

  private void put(String name, Instant expires) throws StoreException {
    NodeQuery query = NodeQuery.of(name, "echo", Map.of("say", "hello"), "n9", expires);
    store.put(query.key(), query.toJson(), Expected.ABSENT);
  }

  private void assertNothingIsLeft() throws StoreException {
    assertEquals(List.of(), keys(NodeQuery.KIND));
    assertEquals(List.of(), keys(NodeAnswer.KIND));
  }

  private List<String> keys(String kind) throws StoreException {
    return store.list(kind).entries().stream().map(e -> e.key()).map(Key::toString).toList();
  }
}
