// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A namespace of pods: labels by which pools select it, and annotations that count for all of its
 * pods. Kubernetes' own kind; where there is no Kubernetes, people write it.
 */
public final class Namespace extends Resource {
  public static final String KIND = "Namespace";

  /** The namespace of pods that name none, and of containers that are no pods. */
  public static final String DEFAULT = "default";

  /** Label with its name, which each namespace has, as with Kubernetes. */
  public static final String NAME_LABEL = "kubernetes.io/metadata.name";

  private static final String CORE = "v1";
  private static final int MAX_NAME = 63;

  private final AddressAnnotations addresses;

  Namespace(Fields root) {
    super(KIND, root);
    checkName(root);
    Fields meta = root.object("metadata");
    if (name().length() > MAX_NAME || name().contains(".")) {
      meta.problem("name", "at most 63 lower-case letters, digits and dashes");
    }
    Labels.check(meta);
    addresses = AddressAnnotations.read(meta.object("annotations"), metadata().annotations());
    root.object("spec").any("finalizers");
    root.any("status");
  }

  /** Reads a document. */
  public static Namespace parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, Namespace::new);
  }

  /** A namespace without labels but that of its name, and without annotations. */
  public static Namespace of(String name) {
    return make(Trees.envelope(CORE, KIND, "", name, Map.of()), Namespace::new);
  }

  /** Sets all labels. */
  public Namespace withLabels(Map<String, String> value) {
    return with(value, "labels");
  }

  /** Sets all annotations. */
  public Namespace withAnnotations(Map<String, String> value) {
    return with(value, "annotations");
  }

  /** The labels that selectors see: those of the document, and its name. */
  public Map<String, String> labels() {
    Map<String, String> labels = new TreeMap<>(metadata().labels());
    labels.put(NAME_LABEL, name());
    return Collections.unmodifiableMap(labels);
  }

  /** What it says about its pods' addresses; a pod's own annotations win. */
  public AddressAnnotations addresses() {
    return addresses;
  }

  private Namespace with(Map<String, String> value, String field) {
    Object content = value.isEmpty() ? null : Collections.unmodifiableMap(new TreeMap<>(value));
    return make(Trees.with(toMap(), content, "metadata", field), Namespace::new);
  }
}
