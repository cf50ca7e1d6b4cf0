// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Caller;
import io.margay.api.console.CommandSpec.Role;
import io.margay.api.console.Console;
import io.margay.api.console.ConsoleSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.util.buffer.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server with a client that says what OpenSSH's never would. */
class SshListenerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String PASSWORD = "correct horse";

  @TempDir private Path directory;
  private final Gate gate = new Gate(System::nanoTime);
  private final Consoles consoles = new Consoles();
  private SshListener listener;
  private SshClient client;
  private int port;

  @BeforeEach
  void start() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Users users = new Users(directory.resolve("ssh"));
    users.put(new User("eve", Role.VIEWER, Optional.of(Passwords.hash(PASSWORD))));
    consoles.bind(new Echo());
    Settings settings = settings(port);
    listener = new SshListener(users, gate, consoles, () -> settings);
    client = SshClient.setUpDefaultClient();
    client.setServerKeyVerifier((session, address, key) -> true);
    client.start();
  }

  @AfterEach
  void stop() throws IOException {
    client.stop();
    listener.close();
  }

  @Test
  void saysWhoCalls() throws IOException {
    try (ClientSession session = login(PASSWORD)) {
      assertEquals("eve (VIEWER, ssh 127.0.0.1): line", session.executeRemoteCommand("line"));
    }
  }

  @Test
  void bansAfterFailures() throws IOException {
    for (int i = 0; i < 3; i++) {
      assertThrows(SshException.class, () -> login("wrong").close());
    }

    assertEquals(1, gate.banned());
    assertThrows(IOException.class, () -> login(PASSWORD).close());
    assertTrue(gate.refusals() > 0);
  }

  @Test
  void survivesPacketsOfSomeoneWhoIsIn() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < 12; i++) {
      try (ClientSession session = login(PASSWORD)) {
        for (int packet = 0; packet < 50 && session.isOpen(); packet++) {
          byte[] bytes = new byte[random.nextInt(200)];
          random.nextBytes(bytes);
          byte command = (byte) (packet == 0 ? SshConstants.SSH_MSG_CHANNEL_OPEN : bytes.length);
          Buffer buffer = session.createBuffer(command, bytes.length);
          buffer.putRawBytes(bytes);
          session.writePacket(buffer).verify(PATIENCE);
        }
      } catch (IOException e) {
        assertFalse(e.getMessage() == null && e.getCause() == null, "the server may hang up");
      }
    }

    saysWhoCalls();
  }

  private ClientSession login(String password) throws IOException {
    ClientSession session = client.connect("eve", "127.0.0.1", port).verify(PATIENCE).getSession();
    try {
      session.addPasswordIdentity(password);
      session.auth().verify(PATIENCE);
      return session;
    } catch (IOException e) {
      session.close(true);
      throw e;
    }
  }

  /** A console that says who called, and what. */
  private static final class Echo implements Console {
    @Override
    public ConsoleSession execute(
        Caller caller, String line, InputStream in, OutputStream out, OutputStream err) {
      return new Said(caller + ": " + line, out);
    }

    @Override
    public ConsoleSession terminal(
        Caller caller,
        Optional<String> line,
        String type,
        int columns,
        int rows,
        InputStream keys,
        OutputStream screen) {
      return new Said(caller + " at " + columns + "x" + rows, screen);
    }
  }

  private record Said(String text, OutputStream out) implements ConsoleSession {
    @Override
    public int run() {
      try {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
        return 0;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void resize(int columns, int rows) {}

    @Override
    public void hangUp() {}
  }

  private static Settings settings(int port) {
    return new Settings() {
      @Override
      public boolean enabled() {
        return true;
      }

      @Override
      public String host() {
        return "127.0.0.1";
      }

      @Override
      public int port() {
        return port;
      }

      @Override
      public boolean passwords() {
        return true;
      }

      @Override
      public int idleSeconds() {
        return 600;
      }

      @Override
      public int loginSeconds() {
        return 30;
      }

      @Override
      public int failures() {
        return 3;
      }

      @Override
      public int banSeconds() {
        return 600;
      }

      @Override
      public int maxSessions() {
        return 100;
      }

      @Override
      public Class<? extends Annotation> annotationType() {
        return Settings.class;
      }
    };
  }
}
