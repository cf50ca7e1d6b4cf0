// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
  @TempDir Path folder;
  private Optional<String> before;

  @BeforeEach
  void forgetFolder() {
    before = Optional.ofNullable(System.clearProperty(NativeLibrary.FOLDER_PROPERTY));
  }

  @AfterEach
  void restoreFolder() {
    System.clearProperty(NativeLibrary.FOLDER_PROPERTY);
    before.ifPresent(value -> System.setProperty(NativeLibrary.FOLDER_PROPERTY, value));
  }

  @Test
  void unpacksOnceAndRepairs() throws Exception {
    Path lib = folder.resolve("state/lib");
    Path library = lib.resolve("libsqlitejdbc.so");

    NativeLibrary.keepIn(lib);

    assertEquals(lib.toString(), System.getProperty(NativeLibrary.FOLDER_PROPERTY));
    byte[] content = Files.readAllBytes(library);
    Object unpacked = Files.getAttribute(library, "unix:ino");

    forgetFolder();
    NativeLibrary.keepIn(lib);
    assertEquals(unpacked, Files.getAttribute(library, "unix:ino"));

    forgetFolder();
    Files.write(library, "half".getBytes(UTF_8));
    NativeLibrary.keepIn(lib);
    assertArrayEquals(content, Files.readAllBytes(library));
  }

  @Test
  void respectsFolderOfTheDistribution() {
    System.setProperty(NativeLibrary.FOLDER_PROPERTY, "/somewhere");

    NativeLibrary.keepIn(folder.resolve("lib"));

    assertEquals("/somewhere", System.getProperty(NativeLibrary.FOLDER_PROPERTY));
    assertFalse(Files.exists(folder.resolve("lib")));
  }
}
