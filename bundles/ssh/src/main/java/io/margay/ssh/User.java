// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.CommandSpec.Role;
import java.util.Optional;

/**
 * Someone who may log in.
 *
 * @param hash bcrypt; empty when only keys will do
 */
record User(String name, Role role, Optional<String> hash) {
  /** What a name may look like: it becomes the name of a file. */
  static final String NAME = "[a-z_][a-z0-9_-]{0,31}";
}
