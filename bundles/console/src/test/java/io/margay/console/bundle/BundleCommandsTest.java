// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.console.shell.TestShell;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** In a real framework, with bundles that consist of a manifest. */
class BundleCommandsTest {
  @TempDir Path folder;

  private Framework framework;
  private Bundle user;
  private Bundle console;
  private TestShell shell;

  @BeforeEach
  void start() throws BundleException, IOException {
    framework =
        ServiceLoader.load(FrameworkFactory.class)
            .findFirst()
            .orElseThrow()
            .newFramework(
                Map.of(Constants.FRAMEWORK_STORAGE, folder.resolve("framework").toString()));
    framework.start();
    install("io.margay.library", Map.of(Constants.EXPORT_PACKAGE, "a.b;version=1.2"));
    console = install("io.margay.desk", Map.of(Constants.IMPORT_PACKAGE, "a.b;version=\"[1,2)\""));
    user = install("io.margay.vx-lan", Map.of());
    console.start();
    user.start();
    BundleContext context = console.getBundleContext();
    shell =
        new TestShell(
            new BundleList(context),
            new BundleStop(context),
            new BundleHeaders(context),
            new BundleServices(context),
            new PackageExports(context),
            new PackageImports(context));
  }

  @AfterEach
  void stop() throws Exception {
    framework.stop();
    framework.waitForStop(0);
  }

  @Test
  void stopsABundleUntilItIsStartedAgain() {
    assertEquals(
        "io.margay.vx-lan is stopped until bundle:start\n",
        shell.run("bundle:stop io.margay.vx-lan").out());

    assertEquals(Bundle.RESOLVED, user.getState());
    assertTrue(BundleWork.isToRun(user));
  }

  @Test
  void stopsNothingThatTheConsoleRunsOn() {
    String why = " is what this console runs on (expected: see bundle:swap and system:shutdown)\n";

    assertEquals("bundle:stop: io.margay.library" + why, shell.run("bundle:stop library").err());
    assertEquals("bundle:stop: io.margay.desk" + why, shell.run("bundle:stop desk").err());
    TestShell.Result itself = shell.run("bundle:stop org.apache.felix.framework");
    assertTrue(itself.err().contains("is the framework"), itself.err());
    assertEquals(1, itself.status());
    assertEquals(Bundle.ACTIVE, console.getState());
  }

  @Test
  void namesWhatIsNotThere() {
    assertEquals(
        "bundle:stop: none: no such bundle (expected: one of bundle:list)\n",
        shell.run("bundle:stop none").err());
  }

  @Test
  void saysWhosePackagesABundleHas() {
    String imports = shell.run("package:imports desk --json").out();

    assertTrue(
        imports.contains(
            "{\"bundle\":\"io.margay.desk\",\"name\":\"a.b\",\"wants\":\"[1.0.0,2.0.0)\","
                + "\"has\":\"1.2.0\",\"from\":\"io.margay.library\"}"),
        imports);
    String exports = shell.run("package:exports a.b").out();
    assertTrue(
        exports.matches(
            "(?s)NAME.*\\na\\.b +1\\.2\\.0 +io\\.margay\\.library +io\\.margay\\.desk\\n"),
        exports);
  }

  @Test
  void showsTheManifest() {
    String headers = shell.run("bundle:headers desk").out();

    assertTrue(headers.contains("Bundle-SymbolicName     io.margay.desk\n"), headers);
  }

  @Test
  void saysWhatDoesNotResolve() throws BundleException, IOException {
    Bundle poor = install("poor", Map.of(Constants.IMPORT_PACKAGE, "c.d;version=\"[3,4)\""));

    var findings = new Diagnosis(console.getBundleContext(), null).of(poor);

    assertEquals("does not resolve: no bundle has c.d [3.0.0,4.0.0)", findings.get(0).why());
  }

  private Bundle install(String name, Map<String, String> headers)
      throws BundleException, IOException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
    main.putValue(Constants.BUNDLE_SYMBOLICNAME, name);
    headers.forEach(main::putValue);
    Path jar = folder.resolve(name + ".jar");
    try (OutputStream file = Files.newOutputStream(jar)) {
      new JarOutputStream(file, manifest).close();
    }
    return framework.getBundleContext().installBundle("reference:" + jar.toUri());
  }
}
