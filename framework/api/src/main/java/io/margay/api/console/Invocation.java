// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** One call of a command; arguments are checked against its {@link CommandSpec} already. */
@ProviderType
public interface Invocation {
  /** The value of an argument or option; empty when not given. */
  Optional<String> value(String name);

  /** The values of a repeated argument or of an option that was given several times. */
  List<String> values(String name);

  /** Whether a flag was given. */
  boolean has(String flag);

  /** What was piped in or sent with the command, such as the file of {@code apply}; or empty. */
  byte[] input();

  /** The value of a required argument. */
  default String argument(String name) {
    return value(name)
        .orElseThrow(() -> new IllegalArgumentException(name + ": missing (expected: a value)"));
  }
}
