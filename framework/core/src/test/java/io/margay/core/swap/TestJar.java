// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** An empty bundle. */
final class TestJar {
  private TestJar() {}

  /**
   * Writes a jar.
   *
   * @param headers names and values of further headers
   */
  static JarFacts write(Path file, String name, String version, String... headers)
      throws IOException, SwapException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-ManifestVersion", "2");
    main.putValue("Bundle-SymbolicName", name);
    main.putValue("Bundle-Version", version);
    for (int i = 0; i < headers.length; i += 2) {
      main.putValue(headers[i], headers[i + 1]);
    }
    try (OutputStream out = Files.newOutputStream(file)) {
      new JarOutputStream(out, manifest).close();
    }
    return JarFacts.read(file);
  }
}
