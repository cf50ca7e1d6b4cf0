// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Optional;

/**
 * Where a password is: a Kubernetes Secret of the agent's namespace.
 *
 * @param name of the Secret
 * @param key in its data
 */
public record SecretKey(String name, String key) {
  /** Reads {@code secretKeyRef} within a field such as {@code password}. */
  static Optional<SecretKey> read(Fields parent, String field) {
    if (!parent.has(field)) {
      return Optional.empty();
    }
    Fields reference = parent.object(field).object("secretKeyRef");
    String name = reference.required("name").orElse("");
    String key = reference.required("key").orElse("");
    reference.flag("optional");
    return Optional.of(new SecretKey(name, key));
  }
}
