// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What one node says to a {@link NodeQuery}; named as the query, a dot, and the node. */
public final class NodeAnswer extends Resource {
  public static final String KIND = "NodeAnswer";

  private final String query;
  private final String node;
  private final Optional<String> failure;
  private final Map<String, Object> answer;

  NodeAnswer(Fields root) {
    super(KIND, root);
    checkName(root);
    Fields spec = root.object("spec");
    query = spec.required("query").orElse("");
    node = spec.required("node").orElse("");
    failure = spec.text("failure");
    Object value = spec.any("answer");
    Optional<Map<String, Object>> object = Json.asObject(value);
    if (value != null && object.isEmpty()) {
      spec.problem("answer", "an object");
    }
    answer = object.orElse(Map.of());
  }

  /** Reads a document. */
  public static NodeAnswer parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, NodeAnswer::new);
  }

  /**
   * An answer.
   *
   * @param answer values of {@link Json}; what they mean depends on the query's verb
   */
  public static NodeAnswer of(String query, String node, Map<String, Object> answer) {
    return make(query, node, "answer", answer);
  }

  /** Says why the node cannot answer, in a sentence. */
  public static NodeAnswer failed(String query, String node, String reason) {
    return make(query, node, "failure", reason);
  }

  private static NodeAnswer make(String query, String node, String field, Object value) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("query", query);
    spec.put("node", node);
    spec.put(field, value);
    return make(Trees.envelope(MARGAY, KIND, "", query + "." + node, spec), NodeAnswer::new);
  }

  /** Name of the query. */
  public String query() {
    return query;
  }

  /** Name of the node that says it. */
  public String node() {
    return node;
  }

  /** Why the node could not answer. */
  public Optional<String> failure() {
    return failure;
  }

  /** Values of {@link Json}; empty when it could not. */
  public Map<String, Object> answer() {
    return answer;
  }
}
