// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.margay.itests.RawRelay.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever comes in, the answer is a result or an error of the specification, as one JSON object;
 * the agent goes on, and nothing is left over.
 */
class GarbageIT {
  private static final String NODE = "node1";

  private static final int MEGABYTE = 1 << 20;

  private static final String CONFIG =
      """
      {"cniVersion":"1.1.0","name":"itests","type":"margay-cni","mtu":1400,
       "capabilities":{"ips":true,"bandwidth":true},"ipam":{"type":"margay","assign_ipv6":"true"},
       "runtimeConfig":{"mac":"02:00:00:00:00:01","bandwidth":{"ingressRate":1000000,
       "ingressBurst":1000000}},"args":{"cni":{"labels":[{"key":"a","value":"\\u0062"}]}},
       "dns":{"nameservers":["10.0.0.1"]},"cni.dev/valid-attachments":[]}
      """;

  private static Lab lab;
  private static Pod pod;
  private static List<String> kernel;
  private static StoredAddresses stored;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(1, "46");
    // Keeps the blocks while others come and go.
    new Pod("stays", lab.nodeState(NODE)).relay(attached("stays"), Pod.config(Map.of()));
    pod = lab.pod(NODE);
    kernel = lab.kernel(NODE).podObjects();
    stored = StoredAddresses.of(lab, NODE);
  }

  private static Map<String, String> attached(String container) {
    Map<String, String> environment = lab.pod(NODE).environment("ADD");
    environment.put("CNI_CONTAINERID", container);
    return environment;
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void agentIsUnharmed() {
    assertTrue(lab.agentRuns(NODE));
    assertEquals(new Outcome(0, ""), call("STATUS", Map.of(), text(CONFIG)));
    assertEquals(List.of(), lab.spool(NODE));
    assertEquals(stored, StoredAddresses.of(lab, NODE));
    assertEquals(kernel, lab.kernel(NODE).podObjects());
    assertEquals(List.of(), lab.log(NODE).stream().filter(l -> l.contains(" ERROR ")).toList());
  }

  // ---- standard input

  @ParameterizedTest
  @ValueSource(ints = {0x01, 0x20, 0x80, 0xff})
  void everyByteFlippedInAnAdd(int bits) {
    byte[] good = text(CONFIG);
    Together.call(IntStream.range(0, 4).boxed().toList(), quarter -> flip(good, bits, quarter));
  }

  /** Every fourth byte, one after the other, of a pod of its own. */
  private static boolean flip(byte[] good, int bits, int first) {
    Pod own = lab.pod(NODE);
    for (int i = first; i < good.length; i += 4) {
      byte[] flipped = good.clone();
      flipped[i] ^= (byte) bits;
      addAndDel(own, flipped);
    }
    return true;
  }

  @ParameterizedTest
  @ValueSource(strings = {"CHECK", "STATUS", "VERSION"})
  void everyByteFlippedInAnotherVerb(String verb) {
    byte[] good = text(CONFIG);
    for (int i = 0; i < good.length; i++) {
      byte[] flipped = good.clone();
      flipped[i] ^= 0x04;
      call(verb, Map.of(), flipped);
    }
  }

  /** The relay reads the configuration by itself then. */
  @ParameterizedTest
  @ValueSource(ints = {0x04, 0x20, 0x80})
  void everyByteFlippedWithoutAnAgent(int bits) {
    byte[] good = text(CONFIG);
    lab.kill(NODE);
    try {
      for (int i = 0; i < good.length; i++) {
        byte[] flipped = good.clone();
        flipped[i] ^= (byte) bits;
        for (String verb : List.of("DEL", "STATUS", "VERSION", "GC")) {
          call(verb, Map.of(), flipped);
        }
      }
    } finally {
      lab.start(NODE);
    }
  }

  static Stream<byte[]> inputs() {
    byte[] random = new byte[MEGABYTE];
    new Random(1).nextBytes(random);
    String member = "{\"cniVersion\":\"1.1.0\",\"name\":\"itests\",\"type\":\"margay-cni\",%s}";
    String big = "x".repeat(MEGABYTE);
    return Stream.concat(
        Stream.of(random, new byte[MEGABYTE], new byte[5 * MEGABYTE]),
        Stream.of(
                " ".repeat(MEGABYTE),
                "[".repeat(MEGABYTE),
                "{\"a\":".repeat(MEGABYTE / 5),
                "\"" + big,
                "\u0000",
                "null",
                "\ufeff" + CONFIG,
                CONFIG + CONFIG,
                member.formatted("\"name\":\"" + big + "\""),
                member.formatted("\"x\":\"" + big + "\""),
                member.formatted("\"x\":" + "[".repeat(200) + "]".repeat(200)),
                member.formatted("\"x\":" + "[".repeat(100_000) + "]".repeat(100_000)),
                member.formatted("\"mtu\":" + "1".repeat(MEGABYTE)),
                member.formatted("\"mtu\":1e1000000000"),
                member.formatted("\"mtu\":-1e-1000000000"),
                member.formatted("\"mtu\":2147483649"),
                member.formatted("\"runtimeConfig\":{\"bandwidth\":{\"ingressRate\":1e99999999}}"),
                member.formatted("\"runtimeConfig\":{\"bandwidth\":[]}"),
                member.formatted("\"runtimeConfig\":{\"ips\":[{}]}"),
                member.formatted("\"runtimeConfig\":{\"ips\":[\"" + big + "\"]}"),
                member.formatted("\"runtimeConfig\":{\"mac\":null}"),
                member.formatted("\"prevResult\":{\"ips\":7}"),
                member.formatted("\"prevResult\":[]"),
                member.formatted("\"prevResult\":{\"cniVersion\":\"1.1.0\",\"ips\":[null]}"),
                member.formatted("\"ipam\":[]"),
                member.formatted("\"args\":[]"),
                member.formatted("\"dns\":7"),
                member.formatted("\"cniVersion\":\"" + big + "\""),
                "{\"cniVersion\":\"9.9.9\",\"name\":\"itests\",\"type\":\"margay-cni\"}",
                "{\"cniVersion\":\"1.1.0-rc1\",\"name\":\"itests\",\"type\":\"margay-cni\"}",
                "{\"cniVersion\":7,\"name\":\"itests\",\"type\":\"margay-cni\"}",
                "{\"cniVersion\":null,\"name\":\"itests\",\"type\":\"margay-cni\"}",
                "{\"cniVersion\":\"\ud83d\ude00\\u0000\",\"name\":\"itests\",\"type\":\"x\"}",
                "{\"cniVersion\":\"1.1.0\",\"name\":\"../../etc\",\"type\":\"margay-cni\"}")
            .map(GarbageIT::text));
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void anyInput(byte[] input) {
    addAndDel(pod, input);
    for (String verb : List.of("CHECK", "STATUS", "VERSION")) {
      call(verb, Map.of(), input);
    }
  }

  // ---- variables

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../../etc",
        "a/../b",
        "..",
        ".",
        "-rf",
        "a b",
        "a\nb",
        "a,b,c",
        "$(reboot)",
        "%s%n",
        "\u00e9",
        "\ud83d\ude00",
        "';drop table kv;--",
        "{\"a\":1}"
      })
  void namesThatAreNone(String name) {
    for (String variable : List.of("CNI_CONTAINERID", "CNI_IFNAME", "CNI_COMMAND", "CNI_ARGS")) {
      for (String verb : List.of("ADD", "DEL", "CHECK")) {
        if (variable.equals("CNI_IFNAME") || variable.equals("CNI_ARGS")) {
          addAndDel(pod, Map.of(variable, name), text(CONFIG));
        } else {
          assertEquals(4, call(verb, Map.of(variable, name), text(CONFIG)).code());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 200, 256, 1000, 100_000})
  void longIds(int length) {
    String id = "a".repeat(length);

    addAndDel(pod, Map.of("CNI_CONTAINERID", id), text(Pod.config(Map.of())));
    call("ADD", Map.of("CNI_IFNAME", id), text(CONFIG));
    call("CHECK", Map.of("CNI_CONTAINERID", id), text(CONFIG));
    addAndDel(pod, Map.of("CNI_ARGS", id + "=b"), text(CONFIG));
  }

  static Stream<String> namespaces() {
    String self = Long.toString(ProcessHandle.current().pid());
    return Stream.of(
        "/",
        "/etc/passwd",
        "/dev/zero",
        "/dev/null",
        "/proc/self/ns/net", // the agent's own
        "/proc/self/ns/mnt",
        "/proc/self/fd/0",
        "/proc/self/mem",
        "/proc/" + self + "/ns/pid",
        "/proc/999999999/ns/net",
        "/run/netns/../../etc/passwd",
        "/run/netns/none\n\nsuch",
        "run/netns/relative",
        "../../../../run/netns/none",
        "~",
        "\u00e9/\ud83d\ude00",
        "/" + "x".repeat(300),
        "/x".repeat(5000),
        "file:///proc/self/ns/net",
        "%2fproc");
  }

  @ParameterizedTest
  @MethodSource("namespaces")
  void pathsThatAreNoNamespaceOfAPod(String path) {
    Map<String, String> variables = Map.of("CNI_NETNS", path);

    Outcome add = call("ADD", variables, text(CONFIG));

    assertEquals(4, add.code(), add.output());
    assertNotEquals(0, call("CHECK", variables, text(CONFIG)).code());
    assertEquals(new Outcome(0, ""), call("DEL", variables, text(CONFIG)));
  }

  /** Opening one waits for a writer. */
  @Test
  void aFifoIsNoNamespace(@TempDir Path files) {
    Path fifo = files.resolve("fifo");
    Shell.run("mkfifo", fifo.toString()).orFail();
    Map<String, String> variables = Map.of("CNI_NETNS", fifo.toString());

    assertEquals(4, call("ADD", variables, text(CONFIG)).code());
    assertEquals(new Outcome(0, ""), call("DEL", variables, text(CONFIG)));
  }

  // ---- who may call

  @Test
  void onlyRootIsServed(@TempDir Path files) throws IOException {
    Path socket = lab.nodeState(NODE).resolve("run/cni.sock");
    String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(socket));
    assertEquals("rw-------", mode);

    Path relay = files.resolve("margay-cni");
    Files.copy(Distribution.HOME.resolve("bin/margay-cni"), relay);
    Shell.run("chmod", "755", files.toString(), relay.toString()).orFail();
    Path open = files.resolve("cni.sock");
    Files.createLink(open, socket);
    Shell.run("chmod", "666", open.toString()).orFail();
    try {
      assertEquals(50, statusBy("65534", relay, open));
      assertEquals(0, statusBy("0", relay, open));
    } finally {
      Shell.run("chmod", "600", socket.toString()).orFail();
    }
    assertTrue(
        lab.log(NODE).stream().anyMatch(line -> line.contains("CNI call refused")),
        "the refusal is logged");
  }

  private static int statusBy(String uid, Path relay, Path socket) {
    Map<String, String> environment =
        Map.of("CNI_COMMAND", "STATUS", "MARGAY_CNI_SOCKET", socket.toString());
    Shell.Result result =
        Shell.run(
            environment, CONFIG, "setpriv", "--reuid", uid, "--clear-groups", relay.toString());
    return result.exitCode() == 0
        ? 0
        : JsonParser.parseString(result.output()).getAsJsonObject().get("code").getAsInt();
  }

  // ---- calls

  private static void addAndDel(Pod own, byte[] input) {
    addAndDel(own, Map.of(), input);
  }

  /** What was added can be deleted by the same input. */
  private static void addAndDel(Pod own, Map<String, String> variables, byte[] input) {
    Outcome add = call(own, "ADD", variables, input);
    Outcome del = call(own, "DEL", variables, input);
    if (add.code() == 0) {
      assertEquals(new Outcome(0, ""), del, add.output());
    }
  }

  private static Outcome call(String verb, Map<String, String> variables, byte[] input) {
    return call(pod, verb, variables, input);
  }

  private static Outcome call(Pod own, String verb, Map<String, String> variables, byte[] input) {
    Map<String, String> environment = new HashMap<>(own.environment(verb));
    environment.put("MARGAY_CNI_SOCKET", own.state().resolve("run/cni.sock").toString());
    environment.putAll(variables);
    try {
      return RawRelay.call(environment, input);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(describe(verb, variables, input), e);
    }
  }

  private static String describe(String verb, Map<String, String> variables, byte[] input) {
    List<String> words = new ArrayList<>(List.of(verb, variables.toString()));
    words.add(
        new String(Arrays.copyOf(input, Math.min(input.length, 2000)), StandardCharsets.UTF_8));
    return String.join(" ", words);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
