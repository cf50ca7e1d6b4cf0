// SPDX-License-Identifier: Apache-2.0
package io.margay.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is built keeps the promise that the released API made: docs/compatibility.md. */
class ApiBaselineIT {
  @Test
  void vendorsBundlesGoOnWorking() throws Exception {
    List<String> mismatches =
        ApiBaseline.mismatches(
            only("target", "io.margay.api-"), only("released", "io.margay.api-"));

    assertEquals(List.of(), mismatches, () -> String.join("\n", mismatches));
  }

  private static Path only(String folder, String prefix) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(folder))) {
      List<Path> jars =
          files
              .filter(f -> f.getFileName().toString().startsWith(prefix))
              .filter(f -> f.toString().endsWith(".jar"))
              .toList();
      assertEquals(1, jars.size(), jars.toString());
      return jars.get(0);
    }
  }
}
