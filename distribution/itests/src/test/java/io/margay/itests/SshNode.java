// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An agent whose console can be reached by SSH at the loopback address of this JVM's own network
 * namespace, with the users eve (viewer), olga (operator) and root (admin), and OpenSSH's client.
 */
final class SshNode implements AutoCloseable {
  static final String PASSWORD = "correct horse";
  private static final List<String> KEY_TYPES = List.of("ed25519", "ecdsa", "rsa");

  private final Path folder;
  private final Path home;
  private final Path state;
  private final Path log;
  private final int port;
  private final Process agent;

  private SshNode(Path folder, int port, Process agent) {
    this.folder = folder;
    this.home = folder.resolve("margay");
    this.state = folder.resolve("state");
    this.log = folder.resolve("log");
    this.port = port;
    this.agent = agent;
  }

  /**
   * Starts it; without root the test is skipped.
   *
   * @param settings lines of {@code io.margay.ssh.cfg}
   */
  static SshNode up(String settings) throws IOException {
    Lab.assumeRoot();
    Path folder = Files.createTempDirectory("margay-ssh-it");
    Path home = folder.resolve("margay");
    Shell.run("cp", "-r", Distribution.HOME.toString(), home.toString()).orFail();
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Files.writeString(
        home.resolve("etc/io.margay.ssh.cfg"), "enabled = true\nport = " + port + "\n" + settings);
    ProcessBuilder command =
        new ProcessBuilder(
                home.resolve("bin/margay").toString(),
                "agent",
                "--node",
                "n1",
                "--state",
                folder.resolve("state").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile());
    SshNode node = new SshNode(folder, port, command.start());
    try {
      node.prepare();
    } catch (AssertionError e) {
      node.close();
      throw e;
    }
    return node;
  }

  private void prepare() throws IOException {
    Lab.await("ssh:users", () -> local("ssh:users").exitCode() == 0);
    Path keys = state.resolve("ssh/keys/root");
    List<String> lines = new ArrayList<>();
    for (String type : KEY_TYPES) {
      Shell.run("ssh-keygen", "-q", "-t", type, "-N", "", "-f", key(type)).orFail();
      lines.add(Files.readString(Path.of(key(type) + ".pub")).strip());
    }
    for (String user : List.of("eve viewer", "olga operator", "root admin")) {
      String[] words = user.split(" ");
      Shell.run(
              Map.of(), PASSWORD, client("exec", "ssh:passwd " + words[0] + " --role " + words[1]))
          .orFail();
      Files.write(keys.resolveSibling(words[0]), lines);
    }
    Shell.run("sh", "-c", "chmod 600 " + keys.resolveSibling("*")).orFail();
  }

  Path home() {
    return home;
  }

  Path folder() {
    return folder;
  }

  Path state() {
    return state;
  }

  int port() {
    return port;
  }

  long pid() {
    return agent.pid();
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  /** A line at the local socket. */
  Result local(String line) {
    return Shell.run(client("exec", line));
  }

  /** {@code ssh} with an ed25519 key; standard error is in the output. */
  Result ssh(String user, String input, String... words) {
    return Shell.run(Map.of(), input, command(user, "ed25519", words));
  }

  Result withPassword(String user, String password, String from, String... words) {
    List<String> command = new ArrayList<>(List.of("sshpass", "-p", password));
    command.addAll(options("-b", from));
    command.addAll(
        List.of(
            "-o",
            "PreferredAuthentications=password",
            "-o",
            "PubkeyAuthentication=no",
            "-o",
            "NumberOfPasswordPrompts=1",
            user + "@127.0.0.1"));
    command.addAll(List.of(words));
    return Shell.run(command.toArray(String[]::new));
  }

  /** The command line of a client; options come before what is run. */
  String[] command(String user, String keyType, String... words) {
    List<String> command = options("-i", key(keyType));
    int options = 0;
    while (options < words.length && words[options].startsWith("-")) {
      command.add(words[options++]);
    }
    command.add(user + "@127.0.0.1");
    command.addAll(List.of(words).subList(options, words.length));
    return command.toArray(String[]::new);
  }

  private List<String> options(String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "ssh",
                "-F",
                "none",
                "-q",
                "-p",
                String.valueOf(port),
                "-o",
                "StrictHostKeyChecking=accept-new",
                "-o",
                "UserKnownHostsFile=" + folder.resolve("known_hosts"),
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "IdentityAgent=none",
                "-o",
                "ConnectTimeout=30"));
    command.addAll(List.of(more));
    return command;
  }

  private String key(String type) {
    return folder.resolve("id_" + type).toString();
  }

  private String[] client(String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(home.resolve("bin/margay").toString(), "--state", state.toString()));
    command.addAll(List.of(words));
    return command.toArray(String[]::new);
  }

  @Override
  public void close() {
    agent.destroy();
    try {
      if (!agent.waitFor(30, TimeUnit.SECONDS)) {
        agent.destroyForcibly();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    Shell.run("rm", "-rf", folder.toString());
  }
}
