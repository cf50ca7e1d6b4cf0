// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.resource.Namespace;
import java.util.Map;
import java.util.Optional;

/** The Kubernetes pod that a container belongs to. */
record Pod(String namespace, String name) {
  /** From CNI_ARGS; empty without Kubernetes. */
  static Optional<Pod> of(Map<String, String> args) {
    String namespace = args.getOrDefault("K8S_POD_NAMESPACE", "");
    String name = args.getOrDefault("K8S_POD_NAME", "");
    return namespace.isEmpty() || name.isEmpty()
        ? Optional.empty()
        : Optional.of(new Pod(namespace, name));
  }

  /** The namespace of a container: its pod's, or the default one of those that are no pods. */
  static String namespace(Map<String, String> args) {
    return of(args).map(Pod::namespace).orElse(Namespace.DEFAULT);
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
