// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Invocation;
import java.util.List;
import java.util.Map;
import java.util.Optional;

record TestInvocation(Map<String, String> arguments) implements Invocation {
  @Override
  public Optional<String> value(String name) {
    return Optional.ofNullable(arguments.get(name));
  }

  @Override
  public List<String> values(String name) {
    return value(name).stream().toList();
  }

  @Override
  public boolean has(String flag) {
    return arguments.containsKey(flag);
  }

  @Override
  public byte[] input() {
    return new byte[0];
  }
}
