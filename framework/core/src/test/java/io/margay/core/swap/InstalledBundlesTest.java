// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstalledBundlesTest {
  @TempDir Path temp;
  private Path folder;
  private InstalledBundles installed;

  @BeforeEach
  void empty() {
    folder = temp.resolve("installed");
    installed = new InstalledBundles(folder, temp.resolve("home"));
  }

  @Test
  void keepsACopyWithItsHash() throws Exception {
    JarFacts jar = TestJar.write(temp.resolve("any.jar"), "acme", "1.2.3");

    JarFacts kept = installed.keep(jar);
    installed.put(kept);

    assertEquals("acme-1.2.3-" + jar.sha256().substring(0, 8) + ".jar", name(kept));
    assertEquals(
        List.of(jar.sha256() + "  " + name(kept)),
        Files.readAllLines(folder.resolve("bundles.lock")));
    assertEquals(Map.of("acme", kept), installed.jars());
  }

  @Test
  void putsOneJarInThePlaceOfAnother() throws Exception {
    installed.put(kept("acme", "1.0.0"));
    installed.put(kept("other", "1.0.0"));
    installed.put(kept("acme", "1.1.0"));

    assertEquals(Set.of("acme", "other"), installed.jars().keySet());
    assertEquals("1.1.0", installed.jars().get("acme").version().toString());
  }

  @Test
  void doesNotNameWhatTheDistributionHas() throws Exception {
    installed.put(kept("acme", "1.1.0"));
    Files.createDirectories(temp.resolve("home"));

    JarFacts shipped = TestJar.write(temp.resolve("home/acme.jar"), "acme", "1.0.0");
    assertEquals(shipped, installed.keep(shipped));
    installed.put(shipped);

    assertEquals(Map.of(), installed.jars());
  }

  @Test
  void remembersWhatWasRemovedUntilItComesBack() throws Exception {
    installed.put(kept("acme", "1.1.0"));

    installed.remove("acme", true);
    assertEquals(Map.of(), installed.jars());
    assertEquals(List.of("acme"), Files.readAllLines(folder.resolve("removed")));

    installed.put(kept("acme", "1.2.0"));
    assertEquals(List.of(), Files.readAllLines(folder.resolve("removed")));
  }

  @Test
  void remembersWhoseModePlans() throws Exception {
    installed.prefer("vxlan", "acme");
    installed.prefer("direct", "other");
    installed.prefer("vxlan", "later");

    assertEquals(Map.of("direct", "other", "vxlan", "later"), installed.preferred());
  }

  @Test
  void deletesOnlyWhatNobodyNeeds() throws Exception {
    JarFacts inForce = kept("acme", "1.1.0");
    installed.put(inForce);
    JarFacts before = kept("acme", "1.0.0");
    JarFacts refused = kept("acme", "1.2.0");

    installed.clean(Set.of(name(before)));

    assertTrue(Files.exists(inForce.file()));
    assertTrue(Files.exists(before.file()));
    assertFalse(Files.exists(refused.file()));
  }

  private JarFacts kept(String name, String version) throws Exception {
    return installed.keep(TestJar.write(temp.resolve("given.jar"), name, version));
  }

  private static String name(JarFacts jar) throws IOException {
    return jar.file().getFileName().toString();
  }
}
