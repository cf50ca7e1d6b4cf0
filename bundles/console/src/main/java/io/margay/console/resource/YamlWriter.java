// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

/** Prints documents so that {@link YamlReader} and Calico's tools read them. */
final class YamlWriter {
  private YamlWriter() {}

  static String write(List<Map<String, Object>> documents) {
    DumperOptions options = new DumperOptions();
    options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
    options.setExplicitStart(documents.size() > 1);
    options.setWidth(200);
    // SnakeYAML's own schema quotes every word that some YAML version takes for something else.
    return new Yaml(options).dumpAll(documents.iterator());
  }
}
