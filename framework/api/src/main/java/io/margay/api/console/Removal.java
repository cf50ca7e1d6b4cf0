// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

import io.margay.api.store.Key;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * How resources of a kind are deleted to which others belong. Register it as a service: every
 * command that deletes one goes by it.
 */
@ConsumerType
public interface Removal {
  /** Kind of the resources. */
  String kind();

  /** Why one cannot go now, a sentence; empty when it can, or is gone. */
  Optional<String> obstacle(Key key) throws CommandException;

  /**
   * Deletes one with all that belongs to it. Gone already: success.
   *
   * @return what else was done, such as {@code 2 blocks given back}; empty for nothing
   * @throws CommandException when it cannot go; it is then as it was
   */
  String remove(Key key) throws CommandException, InterruptedException;
}
