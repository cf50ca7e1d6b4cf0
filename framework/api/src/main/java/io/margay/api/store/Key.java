// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

import java.util.Objects;

/**
 * Names one document.
 *
 * @param kind the resource kind as in its {@code kind} field, such as {@code IPPool}
 * @param namespace empty for kinds that belong to the cluster
 * @param name unique within kind and namespace
 */
public record Key(String kind, String namespace, String name) {
  public Key {
    if (kind.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException(
          "key: " + kind + "/" + name + " (expected: kind and name not empty)");
    }
    Objects.requireNonNull(namespace);
  }

  /** A key of a cluster-scoped kind. */
  public static Key of(String kind, String name) {
    return new Key(kind, "", name);
  }

  @Override
  public String toString() {
    return namespace.isEmpty() ? kind + "/" + name : kind + "/" + namespace + "/" + name;
  }
}
