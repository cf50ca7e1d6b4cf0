// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts of configuration files. */
class CfgFileTest {
  private static final String TEXT =
      """
      # How many: 1..256
      # threads = 16

      # Where
      address = 127.0.0.1
      """;

  @TempDir Path folder;

  @Test
  void setsBelowTheCommentThatShowsTheDefault() {
    assertEquals(
        TEXT.replace("# threads = 16\n", "# threads = 16\nthreads = 7\n"),
        CfgFile.with(TEXT, "threads", Optional.of("7")));
  }

  @Test
  void replacesAndRemovesALineAndLeavesTheOthers() {
    assertEquals(
        TEXT.replace("127.0.0.1", "::1"), CfgFile.with(TEXT, "address", Optional.of("::1")));
    assertEquals(
        TEXT.replace("address = 127.0.0.1\n", ""), CfgFile.with(TEXT, "address", Optional.empty()));
  }

  @Test
  void addsAtTheEndAndToNothing() {
    assertEquals(TEXT + "port = 1\n", CfgFile.with(TEXT, "port", Optional.of("1")));
    assertEquals("port = 1\n", CfgFile.with("", "port", Optional.of("1")));
    assertEquals("", CfgFile.with("", "port", Optional.empty()));
  }

  @Test
  void leavesNoSecondLineOfTheKeyAndNoRestOfALongOne() throws IOException {
    String text = "a = 1, \\\n  2\nb: 3\na : 4\n";

    assertEquals("a = 5\nb: 3\n", CfgFile.with(text, "a", Optional.of("5")));
    assertEquals(Map.of("b", "3"), CfgFile.values(CfgFile.with(text, "a", Optional.empty())));
  }

  @Test
  void whatWasSetIsWhatIsRead() throws IOException {
    for (String value :
        List.of("", " leading", "back\\slash", "two\nlines", "ü = : #!", "C:\\x", "a,b")) {
      String text = CfgFile.with(TEXT, "key", Optional.of(value));

      assertEquals(value, CfgFile.values(text).get("key"));
    }
  }

  @Test
  void whatIsNoPropertiesFileIsRefused() {
    assertThrows(IOException.class, () -> CfgFile.values("a = \\u12"));
  }

  @Test
  void whoMayReadAFileStays() throws IOException {
    Path file = Files.writeString(folder.resolve("a.cfg"), "a = 1\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    CfgFile.write(file, "a = 2\n");

    assertEquals("a = 2\n", Files.readString(file));
    assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }
}
