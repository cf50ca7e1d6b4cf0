// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

import java.util.Objects;

/**
 * Restricts a watch to a part of a kind.
 *
 * @param namePrefix only documents whose name starts so; empty for all
 */
public record Filter(String namePrefix) {
  public static final Filter ALL = new Filter("");

  public Filter {
    Objects.requireNonNull(namePrefix);
  }

  public boolean accepts(Key key) {
    return key.name().startsWith(namePrefix);
  }
}
