// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ten thousand wrong logins, and bytes that mean nothing: the agent is as well as before. */
class SshAttackIT {
  private static final boolean LONG = Boolean.getBoolean("margay.test.long");
  private static final int LOGINS = 10_000;
  private static final int WRONG_PASSWORDS = LONG ? 1_000 : 60;
  private static final int FUZZED = LONG ? 5_000 : 500;
  private static final int FUZZED_LINES = LONG ? 5_000 : 500;
  private static final int CLIENTS = 4;

  private static SshNode node;

  private long threads;
  private long files;
  private List<String> down;

  @BeforeAll
  static void up() throws IOException {
    node = SshNode.up("banSeconds = 600\n");
    node.ssh("eve", "", "echo warm");
  }

  @AfterAll
  static void down() {
    if (node != null) {
      node.close();
    }
  }

  @BeforeEach
  void remember() throws IOException {
    threads = status("Threads");
    files = files();
    down = whatIsDown();
  }

  @AfterEach
  void isWell() {
    Lab.await("files are closed", () -> files() <= files + 4);
    Lab.await("threads go", () -> status("Threads") <= threads + 4);
    assertEquals(down, whatIsDown());
    assertTrue(status("VmRSS") < 300_000, () -> "kB: " + status("VmRSS"));
    assertEquals("hi", node.ssh("eve", "", "echo hi").orFail());
  }

  /** From many addresses, each of which is let in a few times; the rest from one. */
  @Test
  void wrongLoginsHarmNothing() throws Exception {
    long before = node.log().lines().count();
    List<Future<?>> clients = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(CLIENTS);
    for (int i = 0; i < WRONG_PASSWORDS; i++) {
      String from = "127.1." + i / 200 + "." + (1 + i % 200);
      clients.add(pool.submit(() -> node.withPassword("eve", "wrong", from, "echo in").orFail()));
    }
    for (int i = WRONG_PASSWORDS; i < LOGINS; i++) {
      send("127.2.0.1", "SSH-2.0-x\r\n".getBytes(StandardCharsets.US_ASCII), 0);
    }
    pool.shutdown();
    for (Future<?> client : clients) {
      try {
        assertEquals("nobody gets in", client.get());
      } catch (java.util.concurrent.ExecutionException e) {
        assertTrue(e.getCause().getMessage().startsWith("exit 255"), e.toString());
      }
    }

    String status = node.local("ssh:status").orFail();
    assertTrue(status.contains("1 addresses are not now"), status);
    long lines = node.log().lines().count() - before;
    assertTrue(lines < 100, "the log grew by " + lines + " lines");
  }

  @Test
  void bytesThatMeanNothingHarmNothing() throws Exception {
    Random random = new Random(1);
    byte[] greeting = "SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < FUZZED; i++) {
      byte[] bytes = new byte[random.nextInt(4_000)];
      random.nextBytes(bytes);
      if (i % 2 == 0) {
        System.arraycopy(greeting, 0, bytes, 0, Math.min(bytes.length, greeting.length));
      }
      if (i % 4 == 0 && bytes.length > 40) {
        // A packet of a length that fits, a KEXINIT.
        bytes[21] = 0;
        bytes[22] = 0;
        bytes[25] = 4;
        bytes[26] = 20;
      }
      send("127.3." + i / 200 + "." + (1 + i % 200), bytes, 1);
    }

    assertTrue(node.log().lines().noneMatch(line -> line.contains("ERROR")), node.log());
  }

  @Test
  void linesThatMeanNothingHarmNothing() throws IOException {
    String alphabet = "ab $(){}[]<>|&;'\"\\`=%#!~*?:.-\t\u0000\u202e\u00e9";
    List<String> words = List.of("bundle:list", "grep", "help", "--json", "pool:list", "-n", "|");
    Random random = new Random(2);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < FUZZED_LINES; i++) {
      for (int length = random.nextInt(30); length > 0; length--) {
        lines.append(
            random.nextInt(5) == 0
                ? " " + words.get(random.nextInt(words.size())) + " "
                : String.valueOf(alphabet.charAt(random.nextInt(alphabet.length()))));
      }
      lines.append('\n');
    }

    for (String user : List.of("eve", "olga")) {
      assertTrue(node.ssh(user, lines + "echo end\n").lines().contains("end"));
    }
    assertEquals("", node.ssh("eve", "(".repeat(70_000)).output());
  }

  /** What is down: the node has no address here, and that is all. */
  private static List<String> whatIsDown() {
    return node.local("health").lines().stream().filter(line -> line.startsWith("DOWN")).toList();
  }

  /** Sends bytes from this address; reads what comes until the other end closes. */
  private static void send(String from, byte[] bytes, int timeoutFactor) throws IOException {
    try (Socket socket = new Socket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
      socket.setSoTimeout(timeoutFactor * 200 + 1);
      socket.connect(new InetSocketAddress("127.0.0.1", node.port()));
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      socket.shutdownOutput();
      InputStream in = socket.getInputStream();
      while (in.read(new byte[4096]) >= 0) {
        // Until it closes, or says nothing for a while.
      }
    } catch (java.net.SocketException | java.net.SocketTimeoutException e) {
      // Refused, reset or left waiting: as it should be.
    }
  }

  /** Files and sockets that the agent has open. */
  private static long files() {
    String[] files = Path.of("/proc", String.valueOf(node.pid()), "fd").toFile().list();
    return files.length;
  }

  /** A figure of the process: threads, or kilobytes. */
  private static long status(String name) {
    try {
      return Files.readAllLines(Path.of("/proc", String.valueOf(node.pid()), "status")).stream()
          .filter(line -> line.startsWith(name + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
