// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.launcher.InstalledBundles.Choice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstalledBundlesTest {
  @TempDir Path temp;
  private Path home;
  private Path state;

  @BeforeEach
  void aDistribution() throws Exception {
    home = Files.createDirectories(temp.resolve("home"));
    state = Files.createDirectories(temp.resolve("installed"));
    lock(home, jar(home, "vxlan", "1.0.0"), jar(home, "io.margay.core", "1.0.0"));
  }

  @Test
  void withoutAFolderItIsTheDistribution() throws Exception {
    Files.delete(state);

    assertEquals(List.of("vxlan 1.0.0", "io.margay.core 1.0.0"), chosen());
  }

  @Test
  void aJarRunsInsteadOfTheDistributions() throws Exception {
    Path newer = jar(state, "vxlan", "1.0.1");
    lock(state, newer);

    assertEquals(List.of("vxlan 1.0.1", "io.margay.core 1.0.0"), chosen());
    Choice choice = choices().get(0);
    assertEquals(newer, choice.file());
    assertEquals(Optional.of(home.resolve("vxlan-1.0.0.jar")), choice.instead());
  }

  @Test
  void anUpgradedDistributionWins() throws Exception {
    lock(state, jar(state, "vxlan", "0.9.0"));

    assertEquals(List.of("vxlan 1.0.0", "io.margay.core 1.0.0"), chosen());
  }

  @Test
  void whatIsAddedStartsBeforeCore() throws Exception {
    lock(state, jar(state, "srv6", "2.0.0"), jar(state, "other", "1.0.0"));

    assertEquals(
        List.of("vxlan 1.0.0", "srv6 2.0.0", "other 1.0.0", "io.margay.core 1.0.0"), chosen());
    assertTrue(choices().get(1).instead().isEmpty());
  }

  @Test
  void whatWasRemovedDoesNotStart() throws Exception {
    Files.writeString(state.resolve("removed"), "vxlan\n");

    assertEquals(List.of("io.margay.core 1.0.0"), chosen());
  }

  @Test
  void aChangedOrMissingJarIsLeftOut() throws Exception {
    Path changed = jar(state, "vxlan", "1.0.1");
    lock(state, changed, jar(state, "srv6", "1.0.0"));
    Files.write(changed, new byte[] {1}, java.nio.file.StandardOpenOption.APPEND);
    Files.delete(state.resolve("srv6-1.0.0.jar"));

    assertEquals(List.of("vxlan 1.0.0", "io.margay.core 1.0.0"), chosen());
  }

  private List<Choice> choices() throws Refusal {
    return new InstalledBundles(state).over(BundleList.verified(home));
  }

  private List<String> chosen() throws Refusal {
    return choices().stream().map(c -> c.name() + " " + c.version()).toList();
  }

  private static Path jar(Path folder, String name, String version) throws IOException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-SymbolicName", name + ";singleton:=true");
    main.putValue("Bundle-Version", version);
    Path file = folder.resolve(name + "-" + version + ".jar");
    try (OutputStream out = Files.newOutputStream(file)) {
      new JarOutputStream(out, manifest).close();
    }
    return file;
  }

  private static void lock(Path folder, Path... jars) throws Exception {
    List<String> lines = new ArrayList<>();
    for (Path jar : jars) {
      lines.add(BundleList.sha256(jar) + "  " + jar.getFileName());
    }
    Files.write(folder.resolve("bundles.lock"), lines);
  }
}
