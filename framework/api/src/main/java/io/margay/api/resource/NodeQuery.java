// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A question to the agents of all nodes, which changes nothing: each writes a {@link NodeAnswer}.
 * Whoever asked deletes the question and its answers; what was left behind is deleted by any agent
 * once it has expired.
 */
public final class NodeQuery extends Resource {
  public static final String KIND = "NodeQuery";

  private final String verb;
  private final Map<String, String> arguments;
  private final String from;
  private final Instant expires;

  NodeQuery(Fields root) {
    super(KIND, root);
    checkName(root);
    Fields spec = root.object("spec");
    verb = spec.required("verb").orElse("");
    arguments = spec.textMap("arguments");
    from = spec.text("from", "");
    spec.required("expires");
    expires = spec.parsed("expires", NodeQuery::time).orElse(Instant.EPOCH);
  }

  /** Reads a document. */
  public static NodeQuery parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, NodeQuery::new);
  }

  /**
   * A question.
   *
   * @param verb what is asked
   * @param from name of the node on which it is asked
   * @param expires when nobody waits for answers any more, even if the nodes' clocks differ
   */
  public static NodeQuery of(
      String name, String verb, Map<String, String> arguments, String from, Instant expires) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("verb", verb);
    spec.put("arguments", new TreeMap<String, Object>(arguments));
    spec.put("from", from);
    spec.put("expires", expires.toString());
    return make(Trees.envelope(MARGAY, KIND, "", name, spec), NodeQuery::new);
  }

  public String verb() {
    return verb;
  }

  public Map<String, String> arguments() {
    return arguments;
  }

  /** Name of the node on which it was asked. */
  public String from() {
    return from;
  }

  public Instant expires() {
    return expires;
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "time: " + text + " (expected: such as 2026-08-22T10:00:00Z)", e);
    }
  }
}
