// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bundles know the api, never each other: read from the manifests of what is shipped. */
class LayerIT {
  /** A comma between two clauses: those inside quotes are followed by an odd number of quotes. */
  private static final Pattern BETWEEN_CLAUSES = Pattern.compile(",(?=([^\"]*\"[^\"]*\")*[^\"]*$)");

  static Stream<Path> ourBundles() throws IOException {
    return Distribution.bundles().stream()
        .filter(bundle -> bundle.getFileName().toString().startsWith("io.margay."));
  }

  static Stream<Path> bundlesThatWrapNoLibrary() throws IOException {
    return ourBundles()
        .filter(bundle -> !bundle.getFileName().toString().startsWith("io.margay.jnr-"));
  }

  @Test
  void shipsOurBundles() throws IOException {
    assertFalse(ourBundles().toList().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("ourBundles")
  void importsNothingOfOursButTheApi(Path bundle) throws IOException {
    List<String> strangers =
        packages(manifest(bundle).getValue("Import-Package"))
            .filter(name -> name.startsWith("io.margay.") && !name.startsWith("io.margay.api."))
            .toList();

    assertEquals(List.of(), strangers);
  }

  @ParameterizedTest
  @MethodSource("bundlesThatWrapNoLibrary")
  void exportsNothingButTheApi(Path bundle) throws IOException {
    List<String> leaks =
        packages(manifest(bundle).getValue("Export-Package"))
            .filter(name -> !name.startsWith("io.margay.api."))
            .toList();

    assertEquals(List.of(), leaks);
  }

  @ParameterizedTest
  @MethodSource("ourBundles")
  void requiresNoBundleByName(Path bundle) throws IOException {
    assertEquals(null, manifest(bundle).getValue("Require-Bundle"));
  }

  private static Attributes manifest(Path bundle) throws IOException {
    try (JarFile jar = new JarFile(bundle.toFile())) {
      return jar.getManifest().getMainAttributes();
    }
  }

  private static Stream<String> packages(String header) {
    return header == null
        ? Stream.empty()
        : BETWEEN_CLAUSES
            .splitAsStream(header)
            .flatMap(clause -> Stream.of(clause.split(";")).filter(part -> !part.contains("=")));
  }
}
