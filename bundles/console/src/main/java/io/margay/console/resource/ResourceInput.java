// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file that a resource command is given. */
final class ResourceInput {
  static final String FILE = "f";

  private ResourceInput() {}

  static CommandSpec withFile(CommandSpec spec) {
    return spec.withOption(FILE, "FILE", "resources in YAML or JSON; - is what is piped in");
  }

  static byte[] read(Invocation invocation) throws CommandException {
    String file =
        invocation
            .value(FILE)
            .orElseThrow(() -> new CommandException("-f: missing (expected: -f FILE)", 2));
    if (file.equals("-")) {
      return invocation.input();
    }
    try {
      return Files.readAllBytes(Path.of(file));
    } catch (IOException e) {
      throw new CommandException("file " + file + " on the agent's machine: " + e, e);
    }
  }
}
