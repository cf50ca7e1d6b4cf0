// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The assembled tree that the build has just made. */
final class Distribution {
  static final Path HOME = Path.of(System.getProperty("margay.home")).normalize();

  private Distribution() {}

  /** The bundles in start order. */
  static List<Path> bundles() throws IOException {
    return Files.readAllLines(HOME.resolve("bundles.lock")).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> HOME.resolve(line.substring(line.indexOf("  ") + 2)))
        .toList();
  }
}
