// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import io.margay.itests.swap.BundleJar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The console over SSH, as OpenSSH's client meets it. */
class SshIT {
  private static final String PROMPT = "margay@n1>";
  private static SshNode node;

  @BeforeAll
  static void up() throws IOException {
    node = SshNode.up("");
  }

  @AfterAll
  static void down() {
    if (node != null) {
      node.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "ecdsa", "rsa"})
  void takesKeys(String type) {
    assertEquals("hi", Shell.run(node.command("root", type, "echo hi")).orFail());
  }

  @Test
  void takesPasswords() {
    assertEquals("hi", node.withPassword("eve", SshNode.PASSWORD, "127.0.0.1", "echo hi").orFail());
    assertEquals(255, node.withPassword("eve", "wrong", "127.9.0.1", "echo hi").exitCode());
    assertEquals(255, node.withPassword("nobody", "wrong", "127.9.0.2", "echo hi").exitCode());
  }

  @Test
  void runsLinesForScripts() {
    assertEquals("a\nb", node.ssh("root", "b\na\n", "sort").orFail());
    assertEquals("a\nb", node.ssh("eve", "b\na\n", "sort").orFail());
    assertEquals(2, node.ssh("eve", "", "bundle:list > x").exitCode());
    assertEquals(1, node.ssh("eve", "", "echo a | grep b").exitCode());
    assertEquals(2, node.ssh("eve", "", "nope").exitCode());
    assertEquals("a", shell(node.command("eve", "rsa", "echo a"), " 2> /dev/null").output());
    assertEquals("", shell(node.command("eve", "rsa", "nope"), " 2> /dev/null").output());

    Result lines = node.ssh("eve", "echo one\n# no line\nnope\necho two\nexit\necho three\n");

    assertTrue(lines.lines().containsAll(List.of("one", "two")), lines.output());
    assertEquals(3, lines.lines().size(), lines.output());
    assertEquals(0, lines.exitCode());
  }

  @Test
  void offersNothingElse() {
    String target = "127.0.0.1:" + node.port();

    assertNotEquals(0, node.ssh("root", "", "-s", "sftp").exitCode());
    assertNotEquals(0, node.ssh("root", "", "-W" + target).exitCode());
    assertNotEquals(
        0,
        node.ssh("root", "", "-oExitOnForwardFailure=yes", "-R0:" + target, "echo x").exitCode());
    assertEquals("x", node.ssh("root", "", "-oSetEnv=A=b", "-A", "-X", "echo x").orFail());
  }

  @Test
  void keepsItsKeyAndItsFilesToItself() throws IOException {
    Path folder = node.state().resolve("ssh");

    assertEquals("rwx------", mode(folder));
    assertEquals("rw-------", mode(folder.resolve("host_key")));
    assertEquals("rw-------", mode(folder.resolve("users")));
    assertEquals("rw-------", mode(node.state().resolve("audit.jsonl")));
  }

  @Test
  void servesAPersonAtATerminal() throws Exception {
    try (Terminal terminal = terminal("eve")) {
      String device = terminal.device();
      terminal.await(PROMPT);

      terminal.type("bundle:li\t | head -1\r");
      terminal.await("ID  STATE");
      terminal.await(PROMPT);
      terminal.type("log:tail -f\r");
      terminal.await("SSH login");
      terminal.type("\003");
      terminal.await(PROMPT);

      Shell.run("stty", "-F", device, "cols", "40").orFail();
      Lab.await(
          "narrow tables",
          () -> {
            try {
              terminal.type("bundle:list\r");
            } catch (IOException e) {
              throw new AssertionError(e);
            }
            return terminal.await(PROMPT).contains("…");
          });
      terminal.type("pool:delete default\r");
      terminal.await("pool:delete: needs the role admin (eve is viewer)");
      terminal.type("\004");

      assertEquals(1, terminal.exitCode());
    }
  }

  @Test
  void aViewerChangesNothing() {
    Map<String, String> roles = roles();
    List<String> changing =
        roles.entrySet().stream()
            .filter(entry -> !entry.getValue().equals("viewer"))
            .map(Map.Entry::getKey)
            .toList();
    assertTrue(changing.containsAll(List.of("pool:create", "bundle:swap", "mode:switch")));
    String before = everything();

    for (String arguments : List.of("", " default", " io.margay.vxlan --yes")) {
      String lines =
          changing.stream().map(name -> name + arguments + "\n").collect(Collectors.joining());
      List<String> answers = node.ssh("eve", lines).lines();
      for (int i = 0; i < changing.size(); i++) {
        assertEquals(
            changing.get(i) + ": needs the role " + roles.get(changing.get(i)) + " (eve is viewer)",
            answers.get(i));
      }
      assertEquals(changing.size(), answers.size());
    }

    assertEquals(before, everything());
    List<String> forAdmins =
        changing.stream().filter(name -> roles.get(name).equals("admin")).toList();
    List<String> answers = node.ssh("olga", String.join("\n", forAdmins) + "\n").lines();
    assertEquals(forAdmins.size(), answers.size());
    answers.forEach(answer -> assertTrue(answer.endsWith("(olga is operator)"), answer));
    assertEquals(before, everything());
  }

  @ParameterizedTest
  @CsvSource({"eve", "olga"})
  void nobodyBelowAdminGetsOutOfTheirLines(String user) throws IOException {
    Path file = node.folder().resolve("made-by-" + user);
    Files.deleteIfExists(file);
    String lines =
        """
        new java.lang.ProcessBuilder touch FILE
        (new java.lang.ProcessBuilder ['touch' 'FILE']) start
        $.context
        ($.context bundle 0) stop
        each [1 2] { echo x > FILE }
        { { echo x > FILE } }
        echo x > FILE
        echo x | tee FILE
        source FILE
        cat /etc/passwd
        grep root /etc/passwd
        shell:cat /etc/passwd
        less /etc/passwd
        plain:stage 0
        \u202eecho x > FILE
        \uff04.context
        """
            .replace("FILE", file.toString());

    Result result = node.ssh(user, lines);

    assertEquals(2, result.exitCode(), result.output());
    assertEquals(16, result.lines().size(), result.output());
    assertFalse(result.output().contains("root:"), result.output());
    assertFalse(Files.exists(file));
    assertEquals(0, node.local("bundle:list").exitCode());
  }

  @Test
  void anOperatorOperates() {
    assertEquals(0, node.ssh("olga", "", "log:set io.margay.none DEBUG").exitCode());
    assertEquals(0, node.ssh("olga", "", "log:set io.margay.none DEFAULT").exitCode());
  }

  @Test
  void keepsOnRecordWhoDidWhat() {
    node.ssh("olga", "", "log:set io.margay.audited DEBUG");
    node.ssh("olga", "", "log:set io.margay.audited NONSENSE");
    node.ssh("eve", "", "log:set io.margay.audited DEBUG");

    JsonArray rows =
        JsonParser.parseString(node.local("system:audit --since 1h --json").orFail())
            .getAsJsonArray();
    List<String> found = new ArrayList<>();
    for (JsonElement row : rows) {
      var fields = row.getAsJsonObject();
      if (fields.get("line").getAsString().contains("io.margay.audited")) {
        assertEquals("ssh 127.0.0.1", fields.get("from").getAsString());
        found.add(fields.get("user").getAsString() + " " + fields.get("outcome").getAsString());
      }
    }
    assertEquals(3, found.size(), found.toString());
    assertTrue(found.contains("olga done"), found.toString());
    assertTrue(found.contains("eve refused"), found.toString());
    assertTrue(found.stream().anyMatch(f -> f.startsWith("olga status ")), found.toString());
    assertFalse(node.local("system:audit --user nobody --json").output().contains("line"));
  }

  @Test
  void aTerminalOutlivesTheConsolesSwapAndSshComesBackAfterItsOwn() throws Exception {
    try (Terminal terminal = terminal("eve")) {
      terminal.await(PROMPT);

      swap("console", "1.0.1");
      terminal.await("The console is being replaced.");
      terminal.await(PROMPT);
      terminal.type("echo still\\ here\r");
      terminal.await("\nstill here");

      swap("ssh", "1.0.1");
      assertNotEquals(0, terminal.exitCode());
    }
    Lab.await("a login", () -> node.ssh("eve", "", "echo hi").exitCode() == 0);
  }

  @Test
  void sendsAwayWhoDoesNothing() throws Exception {
    try (Terminal terminal = terminal("eve")) {
      terminal.await(PROMPT);
      Path settings = node.home().resolve("etc/io.margay.ssh.cfg");
      String before = Files.readString(settings);
      Files.writeString(settings, before + "idleSeconds = 1\n");
      try {
        assertEquals(255, terminal.exitCode());
      } finally {
        Files.writeString(settings, before);
      }
    }
    assertTrue(node.log().contains("idle for too long"));
  }

  @Test
  void removesUsers() throws Exception {
    assertEquals("mallory is viewer", node.local("ssh:passwd mallory --keys-only").orFail());
    Path keys = node.state().resolve("ssh/keys");
    Files.copy(keys.resolve("eve"), keys.resolve("mallory"));
    try (Terminal terminal = terminal("mallory")) {
      terminal.await(PROMPT);

      assertEquals(
          "mallory removed, 1 connections ended", node.local("ssh:remove mallory").orFail());
      assertEquals(255, terminal.exitCode());
    }
    assertEquals(255, node.ssh("mallory", "", "echo hi").exitCode());
  }

  @Test
  void letsAGroupToTheLocalSocket() throws Exception {
    Path settings = node.home().resolve("etc/io.margay.console.cfg");
    Path socket = node.state().resolve("run/console.sock");
    Shell.run("chmod", "755", node.folder().toString(), node.state().toString()).orFail();
    Files.writeString(settings, "group = nogroup\ngroupRole = viewer\n"); // Its GID is 65534.
    try {
      Lab.await("the group", () -> "rw-rw----".equals(mode(socket)));
      String client =
          "setpriv --reuid 65534 --regid 1 --groups 65534 "
              + node.home().resolve("bin/margay")
              + " --state "
              + node.state()
              + " exec ";

      assertEquals(0, Shell.run("sh", "-c", client + "bundle:list").exitCode());
      assertEquals(
          "pool:delete: needs the role admin (nobody is viewer)",
          Shell.run("sh", "-c", client + "'pool:delete x'").output());
      assertNotEquals(
          0, Shell.run("sh", "-c", client.replace("65534 /", "1 /") + "bundle:list").exitCode());
    } finally {
      Files.writeString(settings, "");
    }
    Lab.await("root alone", () -> "rw-------".equals(mode(socket)));
  }

  private static Terminal terminal(String user) throws IOException {
    return new Terminal(node.folder(), node.command(user, "ed25519"));
  }

  private static Result shell(String[] command, String redirection) {
    List<String> words = new ArrayList<>(List.of("sh", "-c", "\"$0\" \"$@\"" + redirection));
    words.addAll(List.of(command));
    return Shell.run(words.toArray(String[]::new));
  }

  private static void swap(String name, String version) throws IOException {
    Path jar =
        BundleJar.of(node.home(), name)
            .version(version)
            .write(node.folder().resolve(name + "-" + version + ".jar"));
    node.local("bundle:swap " + name + " " + jar + " --bake 1");
  }

  /** The role that each command of the agent needs, as its help says. */
  private static Map<String, String> roles() {
    List<String> names =
        node.local("help")
            .orFail()
            .lines()
            .takeWhile(line -> !line.startsWith("Pipe"))
            .filter(line -> !line.isBlank())
            .map(line -> line.split(" ")[0])
            .toList();
    String script = names.stream().map(n -> n + " --help\n").collect(Collectors.joining());
    String[] helps = node.ssh("root", script).orFail().split("(?m)^usage: ");
    assertEquals(names.size(), helps.length - 1);
    Map<String, String> roles = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      String help = helps[i + 1];
      int at = help.indexOf("Needs the role ");
      roles.put(names.get(i), at < 0 ? "viewer" : help.substring(at + 15, help.indexOf('.', at)));
    }
    return roles;
  }

  /** What a viewer could have changed. */
  private static String everything() {
    return node.local("resource:get -o json").orFail()
        + node.local("bundle:list").orFail()
        + node.local("config:list").orFail()
        + node.local("ssh:users").orFail()
        + Shell.run("ip", "route", "show", "table", "all").orFail();
  }

  private static String mode(Path file) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
