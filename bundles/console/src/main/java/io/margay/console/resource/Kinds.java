// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.CommandException;
import io.margay.api.resource.Resources;
import io.margay.api.store.Key;
import java.util.List;
import java.util.Locale;

/** Names of kinds as operators type and read them. */
final class Kinds {
  private Kinds() {}

  /** Lower-case names, for completion. */
  static List<String> names() {
    return Resources.kinds().stream().map(Kinds::name).toList();
  }

  /** The kind that is meant by {@code ippool}, {@code ippools} or {@code IPPool}. */
  static String find(String typed) throws CommandException {
    String name = name(typed);
    return Resources.kinds().stream()
        .filter(kind -> name(kind).equals(name) || plural(name(kind)).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    "kind: " + typed + " (expected: one of " + String.join(", ", names()) + ")",
                    2));
  }

  /** {@code ippool/default}. */
  static String label(Key key) {
    String namespace = key.namespace().isEmpty() ? "" : key.namespace() + "/";
    return name(key.kind()) + "/" + namespace + key.name();
  }

  private static String name(String kind) {
    return kind.toLowerCase(Locale.ROOT);
  }

  private static String plural(String name) {
    return name.endsWith("y") ? name.substring(0, name.length() - 1) + "ies" : name + "s";
  }
}
