// SPDX-License-Identifier: Apache-2.0
package io.margay.core.query;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Answers that the agent of this node runs and has the store. */
public record Liveness() implements QueryResponder.Verb {
  /** As in {@link io.margay.api.resource.NodeQuery#verb}. */
  public static final String VERB = "alive";

  @Override
  public String name() {
    return VERB;
  }

  @Override
  public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
    return CompletableFuture.completedFuture(Map.of());
  }
}
