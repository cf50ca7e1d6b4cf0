// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Caller;
import io.margay.api.console.CommandSpec.Role;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom the console's socket lets in. */
class LocalSocketTest {
  @TempDir private Path directory;
  private LocalSocket socket;

  @BeforeEach
  void listen() throws IOException {
    socket = LocalSocket.listen(path());
  }

  @AfterEach
  void close() throws IOException {
    socket.close();
  }

  @Test
  void isForItsOwnerAlone() throws IOException {
    assertEquals("rw-------", mode());
  }

  @Test
  void opensToAGroupAndClosesAgain() throws IOException {
    String group = attributes().group().getName(); // One that this user may give files to.

    socket.admit(group, Role.VIEWER);
    assertEquals("rw-rw----", mode());

    socket.admit("", Role.VIEWER);
    assertEquals("rw-------", mode());
  }

  @Test
  void staysClosedForAGroupThatDoesNotExist() throws IOException {
    assertThrows(IOException.class, () -> socket.admit("no-such-group", Role.ADMIN));

    assertEquals("rw-------", mode());
  }

  @Test
  void knowsItsOwner() throws IOException {
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path()));
        SocketChannel channel = socket.accept()) {
      Caller caller = socket.caller(channel).orElseThrow();

      assertEquals(Files.getOwner(path()).getName(), caller.name());
      assertEquals(Role.ADMIN, caller.role());
      assertEquals("local", caller.origin());
      assertTrue(client.isConnected());
    }
  }

  private Path path() {
    return directory.resolve("console.sock");
  }

  private String mode() throws IOException {
    return PosixFilePermissions.toString(attributes().permissions());
  }

  private PosixFileAttributes attributes() throws IOException {
    return Files.readAttributes(path(), PosixFileAttributes.class);
  }
}
