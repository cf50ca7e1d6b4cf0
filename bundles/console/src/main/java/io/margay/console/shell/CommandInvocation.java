// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Invocation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * One call as the command sees it.
 *
 * @param in what is piped in; empty when that would be the operator's keyboard
 * @param plain whether the caller is no admin
 */
record CommandInvocation(Arguments arguments, Optional<InputStream> in, boolean plain)
    implements Invocation {
  /** Bytes of input that a command is given; it is held in memory. */
  private static final int MAX_INPUT = 32 << 20;

  /** The same for those who may change little: together they must not take the agent's memory. */
  private static final int MAX_PLAIN_INPUT = 1 << 20;

  @Override
  public Optional<String> value(String name) {
    return arguments.value(name);
  }

  @Override
  public List<String> values(String name) {
    return arguments.all(name);
  }

  @Override
  public boolean has(String flag) {
    return arguments.has(flag);
  }

  @Override
  public byte[] input() {
    int max = plain ? MAX_PLAIN_INPUT : MAX_INPUT;
    try {
      byte[] input = in.isPresent() ? in.get().readNBytes(max + 1) : new byte[0];
      if (input.length > max) {
        throw new IOException("too much (expected: at most " + max + " bytes)");
      }
      return input;
    } catch (IOException e) {
      throw new UncheckedIOException("standard input: " + e.getMessage(), e);
    }
  }
}
