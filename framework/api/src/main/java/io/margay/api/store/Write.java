// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

import java.util.Objects;
import java.util.Optional;

/**
 * One conditional change.
 *
 * @param json the new document in UTF-8; empty deletes
 */
public record Write(Key key, Optional<byte[]> json, Expected expected) {
  public Write {
    Objects.requireNonNull(key);
    Objects.requireNonNull(expected);
  }

  public static Write put(Key key, byte[] json, Expected expected) {
    return new Write(key, Optional.of(json), expected);
  }

  /** Deleting what is absent succeeds when that was expected (or {@link Expected#ANY}). */
  public static Write delete(Key key, Expected expected) {
    return new Write(key, Optional.empty(), expected);
  }
}
