// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.JsonElement;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * One execution of a plugin: its CNI variables and its standard input.
 *
 * @param variables those that are set; a variable may be set and empty
 */
record Call(Map<String, String> variables, byte[] input) {
  Call {
    variables = Map.copyOf(variables);
  }

  String verb() {
    return variables.getOrDefault("CNI_COMMAND", "(no CNI_COMMAND)");
  }

  Call with(String variable, String value) {
    Map<String, String> changed = new TreeMap<>(variables);
    changed.put(variable, value);
    return new Call(changed, input);
  }

  Call without(String variable) {
    Map<String, String> changed = new TreeMap<>(variables);
    changed.remove(variable);
    return new Call(changed, input);
  }

  Call withInput(byte[] bytes) {
    return new Call(variables, bytes);
  }

  Call withInput(String text) {
    return withInput(text.getBytes(StandardCharsets.UTF_8));
  }

  Call withInput(JsonElement json) {
    return withInput(json.toString());
  }
}
