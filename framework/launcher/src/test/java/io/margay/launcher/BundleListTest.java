// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleListTest {
  /** Of the bytes "one". */
  private static final String SHA256_OF_ONE =
      "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";

  @TempDir Path home;

  @Test
  void keepsTheOrderOfTheList() throws Exception {
    Files.writeString(home.resolve("b.jar"), "one");
    Files.writeString(home.resolve("a.jar"), "one");
    list("# start order", SHA256_OF_ONE + "  b.jar", SHA256_OF_ONE + "  a.jar", "");

    BundleList bundles = BundleList.verified(home);

    assertEquals(List.of(home.resolve("b.jar"), home.resolve("a.jar")), bundles.files());
  }

  @Test
  void namesTheAlteredFile() throws IOException {
    Files.writeString(home.resolve("b.jar"), "two");
    list(SHA256_OF_ONE + "  b.jar");

    Refusal refusal = assertThrows(Refusal.class, () -> BundleList.verified(home));

    assertEquals(70, refusal.exitCode());
    assertTrue(refusal.getMessage().startsWith(home.resolve("b.jar") + ": sha256 is "));
    assertTrue(refusal.getMessage().contains("(expected: " + SHA256_OF_ONE + ")"));
  }

  @Test
  void namesTheMissingFile() throws IOException {
    list(SHA256_OF_ONE + "  b.jar");

    Refusal refusal = assertThrows(Refusal.class, () -> BundleList.verified(home));

    assertEquals(home.resolve("b.jar") + ": bundle is missing", refusal.getMessage());
  }

  @Test
  void refusesALineItCannotRead() throws IOException {
    list("b.jar");

    Refusal refusal = assertThrows(Refusal.class, () -> BundleList.verified(home));

    assertTrue(refusal.getMessage().contains("\"b.jar\""), refusal.getMessage());
  }

  @Test
  void saysThatThereIsNoList() {
    Refusal refusal = assertThrows(Refusal.class, () -> BundleList.verified(home));

    assertTrue(refusal.getMessage().contains("bundles.lock"), refusal.getMessage());
  }

  private void list(String... lines) throws IOException {
    Files.write(home.resolve(BundleList.FILE_NAME), List.of(lines));
  }
}
