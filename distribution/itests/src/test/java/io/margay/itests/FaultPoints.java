// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The places at which the shipped CNI server can be made to die, so that no new one is forgotten.
 */
final class FaultPoints {
  private FaultPoints() {}

  /**
   * Their names in the order of the code.
   *
   * @param verb add, del or spool
   */
  static List<String> of(String verb) throws Exception {
    Path jar =
        Distribution.bundles().stream()
            .filter(bundle -> bundle.getFileName().toString().startsWith("io.margay.cni-"))
            .findFirst()
            .orElseThrow();
    List<String> ids = new ArrayList<>();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
      Class<?> type = loader.loadClass("io.margay.cni.FaultPoint");
      Method id = type.getDeclaredMethod("id");
      id.setAccessible(true);
      for (Object point : type.getEnumConstants()) {
        ids.add((String) id.invoke(point));
      }
    }
    return ids.stream().filter(id -> id.startsWith("cni." + verb + ".")).toList();
  }
}
