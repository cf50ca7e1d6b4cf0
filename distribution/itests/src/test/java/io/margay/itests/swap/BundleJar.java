// SPDX-License-Identifier: Apache-2.0
package io.margay.itests.swap;

import io.margay.api.health.HealthCheck;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** A bundle of the distribution, changed: the next version of it, or one that misbehaves. */
public final class BundleJar {
  private final Manifest manifest;
  private final Map<String, byte[]> entries = new LinkedHashMap<>();

  private BundleJar(Path file) throws IOException {
    try (JarFile jar = new JarFile(file.toFile())) {
      manifest = new Manifest(jar.getManifest());
      for (JarEntry entry : jar.stream().toList()) {
        if (!entry.isDirectory() && !entry.getName().equals(JarFile.MANIFEST_NAME)) {
          try (InputStream in = jar.getInputStream(entry)) {
            entries.put(entry.getName(), in.readAllBytes());
          }
        }
      }
    }
  }

  /** The bundle of this file. */
  public static BundleJar of(Path file) throws IOException {
    return new BundleJar(file);
  }

  /**
   * The bundle of a distribution.
   *
   * @param name such as {@code vxlan}
   */
  public static BundleJar of(Path home, String name) throws IOException {
    try (var files =
        Files.newDirectoryStream(home.resolve("bundles"), "io.margay." + name + "-*")) {
      return new BundleJar(files.iterator().next());
    }
  }

  public BundleJar version(String version) {
    return header("Bundle-Version", version);
  }

  public BundleJar header(String name, String value) {
    manifest.getMainAttributes().putValue(name, value);
    return this;
  }

  /** As built with the next minor version of the API's package for modes. */
  public BundleJar grownApi() {
    change("Export-Package", "(?<=io\\.margay\\.api\\.mode;version=\")1\\.1\\.0", "1.2.0");
    change("Import-Package", "(io\\.margay\\.api\\.mode;version=\"\\[[\\d.]+),1\\.2\\)", "$1,1.3)");
    return this;
  }

  private void change(String header, String pattern, String replacement) {
    String value = manifest.getMainAttributes().getValue(header);
    if (value != null) {
      header(header, value.replaceAll(pattern, replacement));
    }
  }

  public BundleJar entry(String name, String text) {
    entries.put(name, text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Puts a {@link RogueMode} in front of its mode. */
  public BundleJar rogue(RogueMode.Fault fault) throws IOException {
    String component = manifest.getMainAttributes().getValue("Service-Component");
    String description = new String(entries.get(component), StandardCharsets.UTF_8);
    String mode = description.replaceAll("(?s).*implementation class=\"([^\"]*)\".*", "$1");
    for (Class<?> type : new Class<?>[] {RogueMode.class, RogueMode.Fault.class}) {
      String path = type.getName().replace('.', '/') + ".class";
      try (InputStream in = type.getClassLoader().getResourceAsStream(path)) {
        entries.put(path, in.readAllBytes());
      }
    }
    String imports = manifest.getMainAttributes().getValue("Import-Package");
    header("Import-Package", "io.margay.api.health;version=\"[1.0,2)\"," + imports);
    String provide = "<provide interface=\"";
    entry(
        component,
        description
            .replace("class=\"" + mode, "class=\"" + RogueMode.class.getName())
            .replaceFirst(provide, provide + HealthCheck.class.getName() + "\"/>" + provide));
    return entry(RogueMode.MODE, mode).entry(RogueMode.FAULT, fault.name());
  }

  /** Writes the jar; whoever watches the folder sees all of it or nothing. */
  public Path write(Path file) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try (OutputStream jar = Files.newOutputStream(fresh);
        JarOutputStream out = new JarOutputStream(jar, manifest)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        out.putNextEntry(new JarEntry(entry.getKey()));
        out.write(entry.getValue());
      }
    }
    return Files.move(fresh, file);
  }
}
