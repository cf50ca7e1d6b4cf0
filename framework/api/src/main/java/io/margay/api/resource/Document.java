// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.LinkedHashMap;
import java.util.Map;

/** A resource of a kind that has no class: our own, or one that only others understand. */
public final class Document extends Resource {
  private final Map<String, Object> spec;
  private final Map<String, Object> status;

  private Document(String kind, Fields root) {
    super(kind, root);
    spec = root.object("spec").values();
    status = root.object("status").values();
  }

  /** Reads a document of this kind. */
  public static Document parse(String kind, byte[] json) throws InvalidResourceException {
    return parse(kind, json, root -> new Document(kind, root));
  }

  /**
   * A resource of the cluster.
   *
   * @param apiVersion such as {@code margay.io/v1}
   * @param spec values of {@link Json}
   */
  public static Document of(String apiVersion, String kind, String name, Map<String, Object> spec) {
    return make(
        Trees.envelope(apiVersion, kind, "", name, new LinkedHashMap<>(spec)),
        root -> new Document(kind, root));
  }

  static Document read(String kind, Fields root) {
    return new Document(kind, root);
  }

  public Document withSpec(Map<String, Object> value) {
    return make(Trees.with(toMap(), value, "spec"), root -> new Document(kind(), root));
  }

  public Document withStatus(Map<String, Object> value) {
    return make(Trees.with(toMap(), value, "status"), root -> new Document(kind(), root));
  }

  /** Values of {@link Json}; empty when there is none. */
  public Map<String, Object> spec() {
    return spec;
  }

  /** Values of {@link Json}; empty when there is none. */
  public Map<String, Object> status() {
    return status;
  }
}
