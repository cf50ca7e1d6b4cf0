// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.CommandSpec.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files that say who may log in. */
class UsersTest {
  private static final String HASH = "$2b$10$" + "a".repeat(53);

  @TempDir private Path directory;
  private Users users;

  @BeforeEach
  void prepare() throws IOException {
    users = new Users(directory.resolve("ssh"));
    users.prepare();
  }

  @Test
  void areNoneWithoutAFile() throws IOException {
    assertEquals(Map.of(), users.all());
    assertTrue(users.find("eve").isEmpty());
    assertTrue(users.find("../users").isEmpty());
  }

  @Test
  void areWrittenAndRead() throws IOException {
    User eve = new User("eve", Role.VIEWER, Optional.of(HASH));
    User root = new User("root", Role.ADMIN, Optional.empty());

    users.put(eve);
    users.put(root);

    assertEquals(Map.of("eve", eve, "root", root), users.all());
    assertEquals("rw-------", mode(users.file()));
    assertEquals("rwx------", mode(users.directory()));
  }

  @Test
  void goWithTheirKeys() throws IOException {
    users.put(new User("eve", Role.VIEWER, Optional.empty()));
    write(users.keys("eve"), "ssh-ed25519 AAAA", "rw-r--r--");
    assertEquals("ssh-ed25519 AAAA", users.keysOf(users.find("eve").orElseThrow()));

    assertTrue(users.remove("eve"));

    assertTrue(users.all().isEmpty());
    assertTrue(Files.notExists(users.keys("eve")));
    assertEquals(false, users.remove("eve"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw--w----", "rw-----w-", "rw-r-----"})
  void areNotTakenFromAFileThatOthersSee(String mode) throws IOException {
    write(users.file(), "eve = viewer\n", mode);

    IOException e = assertThrows(IOException.class, users::all);

    assertTrue(e.getMessage().contains("mode " + mode), e.getMessage());
  }

  @Test
  void areNotTakenFromALink() throws IOException {
    Path other = directory.resolve("other");
    write(other, "eve = admin\n", "rw-------");
    Files.createSymbolicLink(users.file(), other);

    assertThrows(IOException.class, users::all);
  }

  @Test
  void keysMayBeReadByOthersNotWritten() throws IOException {
    User eve = new User("eve", Role.VIEWER, Optional.empty());
    write(users.keys("eve"), "x", "rw-rw-r--");

    assertThrows(IOException.class, () -> users.keysOf(eve));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "eve",
        "= admin",
        "Eve = admin",
        "../eve = admin",
        "eve = root",
        "eve = viewer, secret",
        "eve = viewer, $2b$31$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "eve = viewer,"
      })
  void areNotGuessed(String line) throws IOException {
    write(users.file(), "# comment\n\n" + line + "\n", "rw-------");

    IOException e = assertThrows(IOException.class, users::all);

    assertTrue(e.getMessage().startsWith("users: line 3"), e.getMessage());
  }

  private static void write(Path file, String text, String mode) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
