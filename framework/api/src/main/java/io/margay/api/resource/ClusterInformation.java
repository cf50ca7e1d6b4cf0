// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What this cluster is. One document, named {@code default}. */
public final class ClusterInformation extends Resource {
  public static final String KIND = "ClusterInformation";

  /** The one name it may have. */
  public static final String NAME = "default";

  private final Optional<String> clusterGuid;
  private final Optional<String> clusterType;
  private final Optional<String> calicoVersion;
  private final Optional<Boolean> datastoreReady;

  ClusterInformation(Fields root) {
    super(KIND, root);
    checkName(root);
    if (!name().equals(NAME)) {
      root.object("metadata").problem("name", NAME);
    }
    Fields spec = root.object("spec");
    clusterGuid = spec.text("clusterGUID");
    clusterType = spec.text("clusterType");
    calicoVersion = spec.text("calicoVersion");
    datastoreReady = spec.flag("datastoreReady");
    spec.text("variant");
  }

  /** Reads a document. */
  public static ClusterInformation parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, ClusterInformation::new);
  }

  /**
   * The document of a new cluster that is ready for pods.
   *
   * @param guid tells this cluster from every other
   */
  public static ClusterInformation of(String guid) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("clusterGUID", guid);
    spec.put("datastoreReady", true);
    return make(Trees.envelope(V3, KIND, "", NAME, spec), ClusterInformation::new);
  }

  /** Sets an annotation; an empty value removes it. */
  public ClusterInformation withAnnotation(String key, Optional<String> value) {
    Map<String, Object> annotations = metadata().annotated(key, value);
    return make(
        Trees.with(toMap(), annotations, "metadata", "annotations"), ClusterInformation::new);
  }

  public Optional<String> clusterGuid() {
    return clusterGuid;
  }

  /** Words with commas, such as {@code k8s,bgp}. */
  public Optional<String> clusterType() {
    return clusterType;
  }

  public Optional<String> calicoVersion() {
    return calicoVersion;
  }

  /** False while the store is being migrated: nobody may then add pods. */
  public Optional<Boolean> datastoreReady() {
    return datastoreReady;
  }
}
