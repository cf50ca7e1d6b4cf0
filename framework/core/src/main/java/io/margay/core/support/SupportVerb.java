// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import io.margay.core.query.QueryResponder;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Answers what this node can say of itself, packed. One question at a time. */
@Component(service = QueryResponder.Verb.class)
public final class SupportVerb implements QueryResponder.Verb {
  /** As in {@link io.margay.api.resource.NodeQuery#verb}. */
  public static final String VERB = "support";

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String PARCEL = "gzip";

  private final NodeState state;
  private final AtomicBoolean isBusy = new AtomicBoolean();

  @Activate
  public SupportVerb(BundleContext context) {
    state = new NodeState(context);
  }

  @Override
  public String name() {
    return VERB;
  }

  @Override
  public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
    if (!isBusy.compareAndSet(false, true)) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("it is collecting for somebody else"));
    }
    CompletableFuture<Map<String, Object>> answer = new CompletableFuture<>();
    // Commands may hang for seconds: a thread of its own, for as long as it takes.
    Thread thread = new Thread(() -> collect(answer), "support-answer");
    thread.setDaemon(true);
    thread.start();
    return answer;
  }

  private void collect(CompletableFuture<Map<String, Object>> answer) {
    try {
      answer.complete(Map.of(PARCEL, Parcel.pack(state.collect(PATIENCE))));
    } catch (InterruptedException | RuntimeException e) {
      answer.completeExceptionally(new CompletionException(e));
    } finally {
      isBusy.set(false);
    }
  }

  /** The files in an answer. */
  static Map<String, String> files(Map<String, Object> answer) throws IOException {
    return Parcel.unpack(String.valueOf(answer.get(PARCEL)));
  }
}
