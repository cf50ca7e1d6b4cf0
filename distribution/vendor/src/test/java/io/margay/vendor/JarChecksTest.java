// SPDX-License-Identifier: Apache-2.0
package io.margay.vendor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JarChecksTest {
  private static final Map<String, String> OFFERED =
      Map.of("io.margay.api.mode", "1.2.0", "io.margay.api.net", "1.0.0");

  private static final String COMPONENT =
      """
      <component><service><provide interface="io.margay.api.mode.RoutingMode"/></service>
      <implementation class="com.example.Mode"/></component>
      """;

  @TempDir Path temp;

  @Test
  void aGoodJarPasses() throws Exception {
    JarChecks checks = jar("io.margay.api.mode;version=\"[1.0,2)\",java.util", COMPONENT);

    assertEquals(List.of(), problems(checks));
    assertEquals("com.example", checks.symbolicName());
    assertEquals("com.example.Mode", checks.modeClass().orElseThrow());
  }

  @Test
  void aJarThatWantsANewerApiIsCaught() throws Exception {
    assertEquals(
        List.of("wants io.margay.api.mode [1.3,2), and there is 1.2.0"),
        problems(jar("io.margay.api.mode;version=\"[1.3,2)\"", COMPONENT)));
  }

  @Test
  void aJarThatImplementsWhatAgentsProvideIsCaught() throws Exception {
    assertEquals(
        List.of("imports io.margay.api.mode [1.2,1.3): it implements what agents provide"),
        problems(jar("io.margay.api.mode;version=\"[1.2,1.3)\"", COMPONENT)));
  }

  @Test
  void aJarThatKnowsOurBundlesIsCaught() throws Exception {
    assertEquals(
        List.of("imports io.margay.core"),
        problems(jar("io.margay.core;version=\"[1.0,2)\";resolution:=optional", COMPONENT)));
  }

  @Test
  void aJarWithoutAModeIsCaught() throws Exception {
    assertTrue(
        problems(jar("java.util", "<component/>")).toString().contains("none, or several, of"));
  }

  @Test
  void aHeaderThatCannotBeReadIsCaught() throws Exception {
    JarChecks checks = owning("lnk;name=\"x0\"");

    assertThrows(IllegalArgumentException.class, checks::grant);
    assertTrue(
        problems(checks).toString().contains("Margay-Kernel: lnk"), problems(checks)::toString);
  }

  @Test
  void whatIsDeclaredIsShown() throws Exception {
    JarChecks checks = owning("link;name=\"x0\"");

    assertEquals(List.of(), problems(checks));
    assertTrue(checks.grant().isDeclared());
    assertTrue(
        checks.all().stream().anyMatch(f -> f.detail().equals("link;name=\"x0\"")),
        checks.all()::toString);
  }

  private JarChecks owning(String declared) throws Exception {
    return jar("java.util", COMPONENT, Map.of("Margay-Kernel", declared));
  }

  @Test
  void aSignerIsShown() throws Exception {
    jar("java.util", COMPONENT);
    JarChecks checks = new JarChecks(signed(), OFFERED);

    assertEquals(List.of(), problems(checks));
    assertTrue(
        checks.all().stream().anyMatch(f -> f.detail().equals("signed by CN=Example")),
        checks.all()::toString);
  }

  @Test
  void aJarWithMoreThanWasSignedIsCaught() throws Exception {
    jar("java.util", COMPONENT);
    Path more = Files.writeString(temp.resolve("more"), "more");
    run("jar", "--update", "--file", signed().toString(), "-C", temp.toString(), "more");

    assertTrue(Files.exists(more));
    assertEquals(
        List.of("more is not signed"), problems(new JarChecks(temp.resolve("mode.jar"), OFFERED)));
  }

  @Test
  void aManifestThatWasChangedAfterwardsIsCaughtAndTheOthersCheckedAllTheSame() throws Exception {
    jar("java.util", COMPONENT);
    Path header = Files.writeString(temp.resolve("header"), "Example: new\n");
    run("jar", "--update", "--file", signed().toString(), "--manifest", header.toString());
    JarChecks checks = new JarChecks(temp.resolve("mode.jar"), OFFERED);

    assertEquals(1, problems(checks).size(), problems(checks).toString());
    assertTrue(problems(checks).get(0).contains("signature"), problems(checks)::toString);
    assertEquals("com.example.Mode", checks.modeClass().orElseThrow());
  }

  private Path signed() throws Exception {
    Path keys = temp.resolve("keys");
    Path jar = temp.resolve("mode.jar");
    String store = keys.toString();
    String key = "-genkeypair -storepass changeit -alias example -dname CN=Example -keyalg EC";
    run("keytool", (key + " -keystore " + store).split(" "));
    run("jarsigner", "-keystore", store, "-storepass", "changeit", jar.toString(), "example");
    return jar;
  }

  /** A program of the JDK that runs the tests. */
  private static void run(String program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", program).toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "[1.0,2) 1.0.0 true",
        "[1.0,2) 1.9.3 true",
        "[1.0,2) 2.0.0 false",
        "(1.0,2] 1.0.0 false",
        "(1.0,2] 2.0.0 true",
        "1.1 1.0.9 false",
        "1.1 3.0.0 true",
        "0 1.0.0 true"
      })
  void readsRangesAsOsgiDoes(String range, String version, boolean isIncluded) {
    assertEquals(isIncluded, Range.parse(range).includes(version));
    assertFalse(Range.parse(range).includes(null));
  }

  private static List<String> problems(JarChecks checks) throws Exception {
    return checks.all().stream().flatMap(f -> f.problem().stream()).toList();
  }

  private JarChecks jar(String imports, String component) throws Exception {
    return jar(imports, component, Map.of());
  }

  private JarChecks jar(String imports, String component, Map<String, String> headers)
      throws Exception {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-SymbolicName", "com.example;singleton:=true");
    main.putValue("Bundle-Version", "1.0.0");
    main.putValue("Import-Package", imports);
    main.putValue("Service-Component", "OSGI-INF/mode.xml");
    headers.forEach(main::putValue);
    Path file = temp.resolve("mode.jar");
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      jar.putNextEntry(new JarEntry("OSGI-INF/mode.xml"));
      jar.write(component.getBytes(StandardCharsets.UTF_8));
    }
    return new JarChecks(file, OFFERED);
  }
}
