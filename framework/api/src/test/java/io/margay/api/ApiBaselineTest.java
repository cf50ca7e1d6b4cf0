// SPDX-License-Identifier: Apache-2.0
package io.margay.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What counts as a change of an API, shown by small ones. */
class ApiBaselineTest {
  private static final String CONSUMER = "org.osgi.annotation.versioning.ConsumerType";
  private static final String PROVIDER = "org.osgi.annotation.versioning.ProviderType";

  @TempDir Path temp;
  private Path released;

  @BeforeEach
  void release() throws Exception {
    released = jar("1.0.0", CONSUMER, "int overhead();");
  }

  @Test
  void theSameNeedsNothing() throws Exception {
    assertEquals(List.of(), mismatches("1.0.0", CONSUMER, "int overhead();"));
  }

  @Test
  void aMethodMayNotGo() throws Exception {
    String found = only(mismatches("1.1.0", CONSUMER, ""));

    assertTrue(found.startsWith("acme: @Version(\"1.1.0\") after 1.0.0 (expected: no such change"));
    assertTrue(found.contains("REMOVED overhead()"), found);
  }

  @Test
  void whatVendorsImplementMayNotGrow() throws Exception {
    String found = only(mismatches("1.1.0", CONSUMER, "int overhead(); int more();"));

    assertTrue(found.contains("expected: no such change; or 2.0.0"), found);
    assertTrue(found.contains("ADDED more()"), found);
  }

  @Test
  void whatVendorsImplementMayGrowByDefaults() throws Exception {
    String more = "int overhead(); default int more() { return 0; }";

    assertEquals(List.of(), mismatches("1.1.0", CONSUMER, more));
  }

  @Test
  void whatWeImplementGrowsWithTheVersion() throws Exception {
    released = jar("1.0.0", PROVIDER, "int overhead();");
    String more = "int overhead(); int more();";

    assertEquals(List.of(), mismatches("1.1.0", PROVIDER, more));
    assertTrue(only(mismatches("1.0.0", PROVIDER, more)).contains("(expected: 1.1.0)"));
  }

  private List<String> mismatches(String version, String kind, String methods) throws Exception {
    return ApiBaseline.mismatches(jar(version, kind, methods), released);
  }

  private static String only(List<String> found) {
    assertEquals(1, found.size(), found.toString());
    return found.get(0);
  }

  /** A bundle that exports the package acme with one interface. */
  private Path jar(String version, String kind, String methods) throws Exception {
    Path folder = Files.createTempDirectory(temp, "api");
    Path source = Files.createDirectories(folder.resolve("acme")).resolve("Api.java");
    Files.writeString(
        source, "package acme; @" + kind + " public interface Api { " + methods + " }");
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-cp", System.getProperty("java.class.path"), source.toString());
    assertEquals(0, status);
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-ManifestVersion", "2");
    main.putValue("Bundle-SymbolicName", "acme");
    main.putValue("Bundle-Version", version);
    main.putValue("Export-Package", "acme;version=\"" + version + "\"");
    Path file = folder.resolve("acme.jar");
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      jar.putNextEntry(new JarEntry("acme/Api.class"));
      Files.copy(source.resolveSibling("Api.class"), jar);
    }
    return file;
  }

  /** The released API is in the tree, or nothing is compared. */
  @Test
  void oneApiWasReleased() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("released"))) {
      assertEquals(1, files.filter(f -> f.toString().endsWith(".jar")).count());
    }
  }
}
