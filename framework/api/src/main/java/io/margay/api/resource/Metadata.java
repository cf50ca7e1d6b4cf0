// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Metadata of a resource: Kubernetes ObjectMeta. Fields that have no accessor here are kept. */
public final class Metadata {
  private static final String[] KEPT = {
    "generateName",
    "selfLink",
    "generation",
    "deletionGracePeriodSeconds",
    "ownerReferences",
    "finalizers",
    "managedFields",
    "clusterName"
  };

  private final Map<String, Object> fields;
  private final String name;
  private final String namespace;
  private final Map<String, String> labels;
  private final Map<String, String> annotations;
  private final boolean isBeingDeleted;

  Metadata(Fields metadata) {
    fields = metadata.values();
    name = metadata.required("name").orElse("");
    namespace = metadata.text("namespace", "");
    labels = metadata.textMap("labels");
    annotations = metadata.textMap("annotations");
    isBeingDeleted = metadata.text("deletionTimestamp").isPresent();
    metadata.text("uid");
    metadata.any("resourceVersion");
    metadata.text("creationTimestamp");
    for (String field : KEPT) {
      metadata.any(field);
    }
  }

  public String name() {
    return name;
  }

  /** Empty for kinds that belong to the cluster. */
  public String namespace() {
    return namespace;
  }

  public Map<String, String> labels() {
    return labels;
  }

  public Map<String, String> annotations() {
    return annotations;
  }

  public Optional<String> annotation(String key) {
    return Optional.ofNullable(annotations.get(key));
  }

  public Optional<String> uid() {
    return text("uid");
  }

  /** RFC 3339 time at which the resource was created. */
  public Optional<String> creationTimestamp() {
    return text("creationTimestamp");
  }

  /** Whether Kubernetes is about to delete the resource and waits for finalizers. */
  public boolean isBeingDeleted() {
    return isBeingDeleted;
  }

  /** The annotations with one set or, when empty, removed; null when none is left. */
  Map<String, Object> annotated(String key, Optional<String> value) {
    Map<String, Object> copy = new TreeMap<>(annotations);
    value.ifPresentOrElse(text -> copy.put(key, text), () -> copy.remove(key));
    return copy.isEmpty() ? null : copy;
  }

  private Optional<String> text(String field) {
    return fields.get(field) instanceof String s ? Optional.of(s) : Optional.empty();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Metadata other && other.fields.equals(fields);
  }

  @Override
  public int hashCode() {
    return fields.hashCode();
  }

  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
