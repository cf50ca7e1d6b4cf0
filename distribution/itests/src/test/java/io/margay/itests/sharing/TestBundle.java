// SPDX-License-Identifier: Apache-2.0
package io.margay.itests.sharing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** One class of these tests, as a bundle in a copy of the distribution. */
final class TestBundle {
  private static final String COMPONENT = "OSGI-INF/component.xml";

  private TestBundle() {}

  /**
   * Writes the bundle.
   *
   * @param component the component's description, as of {@code OSGI-INF}
   * @param imports the packages that the class uses
   * @return its line of {@code bundles.lock}
   */
  static String write(Path home, Class<?> type, String component, String... imports)
      throws IOException {
    String name = type.getSimpleName().toLowerCase();
    String file = "bundles/" + name + ".jar";
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-ManifestVersion", "2");
    main.putValue("Bundle-SymbolicName", name);
    main.putValue("Service-Component", COMPONENT);
    main.putValue("Import-Package", String.join(",", imports));
    String code = type.getName().replace('.', '/') + ".class";
    try (OutputStream jar = Files.newOutputStream(home.resolve(file));
        JarOutputStream out = new JarOutputStream(jar, manifest);
        InputStream in = type.getClassLoader().getResourceAsStream(code)) {
      out.putNextEntry(new JarEntry(COMPONENT));
      out.write(component.getBytes(StandardCharsets.UTF_8));
      out.putNextEntry(new JarEntry(code));
      in.transferTo(out);
    }
    return sha256(home.resolve(file)) + "  " + file;
  }

  private static String sha256(Path file) throws IOException {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
