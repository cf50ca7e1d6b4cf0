// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.api.console.Command;
import io.margay.api.store.Store;
import io.margay.console.RunningAgent.Result;
import io.margay.console.shell.Fruits;
import io.margay.testkit.FakeStore;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.LoggerFactory;

/** {@code margay exec} end to end: client, socket, shell, command and back. */
class ExecFrameworkIT {
  private static RunningAgent agent;

  @BeforeAll
  static void start() throws Exception {
    agent = new RunningAgent();
    agent.context().registerService(Store.class, new FakeStore(), null);
    agent.register(new Fruits());
  }

  @AfterAll
  static void stop() throws Exception {
    if (agent != null) {
      agent.stop();
    }
  }

  @Test
  void printsTheTableOfACommand() throws Exception {
    Result result = agent.run("exec", "bundle:list | grep -v osgi");

    assertEquals(0, result.status(), result.err());
    assertTrue(result.out().startsWith("ID  STATE"), result.out());
    assertTrue(result.out().contains("io.margay.console"), result.out());
    assertTrue(!result.out().contains("\033"), "no colours for scripts");
  }

  @Test
  void takesACommandLineInOneWordOrSeveral() throws Exception {
    assertEquals(agent.run("exec", "fruit:list red"), agent.run("exec", "fruit:list", "red"));
  }

  @Test
  void keepsOutputAndErrorsApart() throws Exception {
    Result result = agent.run("exec", "fruit:list red --rotten --json");

    assertEquals(7, result.status());
    assertTrue(result.out().startsWith("[\n{\"name\":\"apple\""), result.out());
    assertEquals("fruit:list: cherry: rotten (expected: fresh)\n", result.err());
  }

  @Test
  void returnsTheStatusOfABadLine() throws Exception {
    assertEquals(2, agent.run("exec", "fruit:list").status());
    assertEquals(2, agent.run("exec", "nope").status());
    assertEquals(2, agent.run("exec").status());
    assertEquals(2, agent.run("dance").status());
    assertEquals(1, agent.run("exec", "fruit:list red --bug").status());
  }

  @Test
  void sendsItsInputOnlyWhenACommandReadsIt() throws Exception {
    Path script = agent.state().resolve("loop.sh");
    Files.writeString(
        script,
        """
        printf 'a\\nb\\nc\\n' | while read -r line; do
          %s --state %s exec "echo $line"
        done
        """
            .formatted(agent.client(), agent.state()));

    assertEquals("a\nb\nc\n", output("sh", script.toString()));
    assertEquals("b\n", agent.runWithInput("a\nb\n", "exec", "grep b").out());
  }

  @Test
  void carriesLargeInputAndOutput() throws Exception {
    String text = "0123456789abcdef".repeat(1 << 16) + "\n";

    assertEquals(text, agent.runWithInput(text, "exec", "cat").out());
  }

  @Test
  void readsAFileOfTheClient() throws Exception {
    Path file = Files.writeString(agent.state().resolve("it's"), "b\na\n");

    assertEquals("a\nb\n", agent.run("exec", "-f", file.toString(), "sort").out());
    assertEquals(2, agent.run("exec", "-f", "/nonexistent", "sort").status());
  }

  @Test
  void appliesGetsAndDeletes() throws Exception {
    String yaml =
        """
        apiVersion: projectcalico.org/v3
        kind: IPReservation
        metadata: {name: blue}
        spec: {reservedCIDRs: [10.66.0.0/28]}
        """;
    Path file = Files.writeString(agent.state().resolve("blue.yaml"), yaml);

    assertEquals("ipreservation/blue created\n", agent.run("apply", "-f", file.toString()).out());
    assertEquals(
        "ipreservation/blue unchanged\n", agent.runWithInput(yaml, "apply", "-f", "-").out());
    assertTrue(agent.run("get", "ipreservation", "blue", "-o", "yaml").out().contains("10.66"));
    assertEquals(1, agent.run("get", "ippool", "it's $none").status());
    assertEquals(
        "ipreservation/blue deleted\n", agent.run("delete", "ipreservation", "blue").out());
  }

  @Test
  void interruptsTheCommandOnCtrlC() throws Exception {
    Blocking command = new Blocking();
    ServiceRegistration<Command> registration = agent.register(command);
    Process client = start("exec", "test:block");

    assertEquals("running", reader(client).readLine());
    kill("-INT", client);

    assertEquals(130, client.waitFor());
    assertTrue(command.interrupted.await(30, TimeUnit.SECONDS));
    registration.unregister();
  }

  @Test
  void interruptsTheCommandOfAClientThatDied() throws Exception {
    Blocking command = new Blocking();
    ServiceRegistration<Command> registration = agent.register(command);
    Process client = start("exec", "test:block");

    assertEquals("running", reader(client).readLine());
    kill("-KILL", client);

    assertTrue(command.interrupted.await(30, TimeUnit.SECONDS));
    registration.unregister();
  }

  @Test
  void endsQuietlyWhenItsReaderLeaves() throws Exception {
    Endless command = new Endless();
    ServiceRegistration<Command> registration = agent.register(command);

    String client = agent.client() + " --state " + agent.state();
    String out = output("sh", "-c", client + " exec test:endless 2>&1 | head -n 2");

    assertEquals("NUMBER\n     0\n", out);
    assertTrue(command.ended.await(30, TimeUnit.SECONDS));
    registration.unregister();
  }

  @Test
  void endsACommandWhoseReaderInThePipeLeaves() throws Exception {
    Endless command = new Endless();
    ServiceRegistration<Command> registration = agent.register(command);

    Result result = agent.run("exec", "test:endless | head -n 2");

    assertEquals("NUMBER\n     0\n", result.out());
    assertTrue(command.ended.await(30, TimeUnit.SECONDS));
    registration.unregister();
  }

  @Test
  void followsTheLog() throws Exception {
    Process client = start("exec", "log:tail -f -n 0 --grep followed");
    BufferedReader lines = reader(client);
    Thread logger =
        new Thread(
            () -> {
              // The client may not listen yet: log until it has seen a line.
              while (client.isAlive()) {
                LoggerFactory.getLogger("test.x").info("followed");
                Thread.onSpinWait();
              }
            });

    logger.start();
    String line = lines.readLine();
    kill("-INT", client);

    assertTrue(line.endsWith("INFO  x: followed"), line);
    lines.lines().forEach(rest -> {});
    assertEquals(130, client.waitFor());
    logger.join();
  }

  @Test
  void knowsCommandsAsTheyComeAndGo() throws Exception {
    assertEquals(2, agent.run("exec", "test:block --help").status());

    ServiceRegistration<Command> registration = agent.register(new Blocking());
    assertEquals(0, agent.run("exec", "test:block --help").status());

    registration.unregister();
    assertEquals(2, agent.run("exec", "test:block --help").status());
  }

  @Test
  void servesAgainAfterARestartOfTheBundle() throws Exception {
    Bundle console =
        List.of(agent.context().getBundles()).stream()
            .filter(bundle -> "io.margay.console".equals(bundle.getSymbolicName()))
            .findFirst()
            .orElseThrow();

    console.stop();
    Result away = agent.run("exec", "bundle:list");
    console.start();

    assertEquals(69, away.status());
    assertTrue(away.err().startsWith("margay: no agent at " + agent.socket()), away.err());
    assertEquals(0, agent.run("exec", "bundle:list").status());
  }

  @Test
  void survivesAnyBytes() throws Exception {
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = new byte[random.nextInt(64)];
      random.nextBytes(bytes);
      if (i % 2 == 0 && bytes.length > 5) {
        System.arraycopy(new byte[] {(byte) "ETIWC".charAt(i / 2 % 5), 0, 0, 0}, 0, bytes, 0, 4);
      }
      try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(agent.socket()))) {
        channel.write(ByteBuffer.wrap(bytes));
      }
    }

    assertEquals(0, agent.run("exec", "bundle:list").status());
  }

  @Test
  void servesOnlyItsOwnUser() throws Exception {
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(agent.socket())));
    boolean root = "root".equals(System.getProperty("user.name"));
    assumeTrue(root, "skipped: only root can become another user");
    Files.setPosixFilePermissions(agent.state(), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(agent.socket(), PosixFilePermissions.fromString("rw-rw-rw-"));

    String client = agent.client() + " --state " + agent.state() + " exec bundle:list";
    String out =
        output("sh", "-c", "setpriv --reuid 65534 --clear-groups " + client + " 2>&1; echo $?");

    assertEquals(
        "margay: the console serves root, and the group of io.margay.console.cfg\n1\n", out);
  }

  private static Process start(String... words) throws Exception {
    String[] command = new String[words.length + 3];
    command[0] = agent.client().toString();
    command[1] = "--state";
    command[2] = agent.state().toString();
    System.arraycopy(words, 0, command, 3, words.length);
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static void kill(String signal, Process process) throws Exception {
    output("kill", signal, Long.toString(process.pid()));
  }

  private static BufferedReader reader(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  private static String output(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
