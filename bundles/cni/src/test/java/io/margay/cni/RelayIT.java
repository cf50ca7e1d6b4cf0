// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The relay as it is built and shipped, against a real server on a real socket, or against none.
 */
class RelayIT {
  private static final Path SOURCE = Path.of("../../distribution/src/main/c/margay-cni.c");
  private static final Path BUILD = Path.of("target/relay").toAbsolutePath();
  private static final Attachment ATTACHMENT = new Attachment("net", "0a1b2c", "eth0");

  private TestNode node;
  private Path relay;

  private record Outcome(int status, String output) {
    JsonObject json() {
      return JsonParser.parseString(output).getAsJsonObject();
    }
  }

  @BeforeAll
  static void compile() throws Exception {
    assumeTrue(hasCompiler(), "skipped: gcc is not installed");
    Files.createDirectories(BUILD);
    Process gcc =
        new ProcessBuilder(
                "gcc",
                "-std=c11",
                "-D_GNU_SOURCE",
                "-static",
                "-Os",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                BUILD.resolve("margay-cni").toString(),
                SOURCE.toString())
            .inheritIO()
            .start();
    assertEquals(0, gcc.waitFor());
  }

  @BeforeEach
  void start() throws Exception {
    node = new TestNode();
    relay = Files.copy(BUILD.resolve("margay-cni"), node.directory.resolve("margay-cni"));
    conf("socket=" + node.socket, "wait=0");
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @Test
  void relaysEveryVerb() throws Exception {
    node.listen();

    Outcome add = relay(TestNode.call(Verb.ADD));
    assertEquals(0, add.status());
    assertEquals(
        "10.65.0.0/32",
        add.json().getAsJsonArray("ips").get(0).getAsJsonObject().get("address").getAsString());
    Map<String, String> result = Map.of("prevResult", add.output());
    assertEquals(new Outcome(0, ""), relay(TestNode.call(Verb.CHECK, "0a1b2c", Map.of(), result)));
    assertEquals(new Outcome(0, ""), relay(TestNode.call(Verb.STATUS)));
    assertEquals(new Outcome(0, ""), relay(TestNode.call(Verb.DEL)));
    assertEquals(List.of(), node.remains());
    Outcome version = relay(TestNode.call(Verb.VERSION));
    assertEquals(0, version.status());
    assertEquals(7, version.json().getAsJsonArray("supportedVersions").size());
  }

  @Test
  void exitsWithOneAndPrintsTheError() throws Exception {
    node.listen();

    Outcome outcome = relay(TestNode.call(Verb.ADD, "-bad", Map.of(), Map.of()));

    assertEquals(1, outcome.status());
    assertEquals(4, outcome.json().get("code").getAsInt());
  }

  @ParameterizedTest
  @CsvSource({"ADD,11", "CHECK,11", "GC,11", "STATUS,50", "NONSENSE,4", "'',4"})
  void answersWithoutAnAgent(String verb, int code) throws Exception {
    RawCall call =
        TestNode.call(Verb.ADD, "0a1b2c", Map.of("CNI_COMMAND", verb), Map.of("a", "\"\\\"\""));

    Outcome outcome = relay(call);

    assertEquals(1, outcome.status());
    assertEquals(code, outcome.json().get("code").getAsInt(), outcome.output());
    assertEquals("1.1.0", outcome.json().get("cniVersion").getAsString());
  }

  @Test
  void tellsVersionsWithoutAnAgent() throws Exception {
    Map<String, String> environment = Map.of("CNI_COMMAND", "VERSION");
    byte[] input = TestNode.bytes("{\"x\":{\"cniVersion\":\"9\"},\"cniVersion\":\"0.4.0\"}");

    Outcome alone = relay(new RawCall(environment, input));
    node.listen();

    assertEquals(0, alone.status());
    assertEquals("0.4.0", alone.json().get("cniVersion").getAsString());
    assertEquals(relay(new RawCall(environment, input)).json(), alone.json());
    assertEquals(0, relay(new RawCall(environment, new byte[0])).status());
  }

  @Test
  void addWaitsForTheAgent() throws Exception {
    conf("# as an operator would write it", "socket=" + node.socket, "wait=60");
    Process process = start(TestNode.call(Verb.ADD));
    node.listen();

    assertEquals(0, outcome(process).status());
  }

  @Test
  void delIsSpooledWithoutAnAgentAndExecutedAtItsStart() throws Exception {
    assertEquals(0, node.run(TestNode.call(Verb.ADD)).status());

    assertEquals(new Outcome(0, ""), relay(TestNode.call(Verb.DEL)));
    assertEquals(List.of(ATTACHMENT), node.spool.waiting());
    RawCall spooled = spooled();
    assertEquals(
        Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
        spooled.variable("BOOT_ID"));
    assertEquals("/proc/self/ns/net", spooled.variable("CNI_NETNS"));

    node.listen();
    assertEquals(List.of(), node.remains());
  }

  @Test
  void delWithoutNamespaceOfAnEarlierBootReleasesTheAddress() throws Exception {
    assertEquals(0, node.run(TestNode.call(Verb.ADD)).status());
    RawCall del = TestNode.call(Verb.DEL, "0a1b2c", Map.of("CNI_NETNS", "/gone"), Map.of());
    relay(del);
    Map<String, String> earlier = new HashMap<>(spooled().environment());
    earlier.put("BOOT_ID", "00000000-0000-0000-0000-000000000000");
    Files.write(spoolFile(), new RawCall(earlier, del.input()).encode());
    node.plumber.links.clear();

    node.listen();

    assertEquals(List.of(), node.remains());
  }

  @ParameterizedTest
  @CsvSource({"CNI_CONTAINERID,../x,4", "CNI_IFNAME,a/b,4", "CNI_IFNAME,'',4"})
  void delThatCannotBeNamedFails(String name, String value, int code) throws Exception {
    Outcome outcome = relay(TestNode.call(Verb.DEL, "0a1b2c", Map.of(name, value), Map.of()));

    assertEquals(1, outcome.status());
    assertEquals(code, outcome.json().get("code").getAsInt());
    assertTrue(outcome.json().get("msg").getAsString().contains(name));
  }

  /** No ADD takes the name, and no file system. */
  @Test
  void delOfANameThatIsTooLongHasNothingToDo() throws Exception {
    Outcome outcome = relay(TestNode.call(Verb.DEL, "c".repeat(300), Map.of(), Map.of()));

    assertEquals(0, outcome.status());
  }

  @Test
  void delWithoutNetworkNameFails() throws Exception {
    RawCall call = TestNode.call(Verb.DEL);
    byte[] input = TestNode.bytes("{\"cniVersion\":\"1.1.0\",\"ipam\":{\"name\":\"net\"}}");

    Outcome outcome = relay(new RawCall(call.environment(), input));

    assertEquals(7, outcome.json().get("code").getAsInt());
  }

  @Test
  void delThatCanBeNeitherServedNorSpooledFails() throws Exception {
    Files.createFile(node.directory.resolve("spool"));

    Outcome outcome = relay(TestNode.call(Verb.DEL));
    Files.delete(node.directory.resolve("spool"));

    assertEquals(1, outcome.status());
    assertEquals(11, outcome.json().get("code").getAsInt());
  }

  @ParameterizedTest
  @CsvSource({"ADD,1", "DEL,0", "STATUS,1"})
  void agentThatDiesAfterTheRequest(String verb, int status) throws Exception {
    try (ServerSocketChannel server = server()) {
      Process process = start(TestNode.call(Verb.valueOf(verb)));
      try (SocketChannel channel = server.accept()) {
        channel.read(ByteBuffer.allocate(4));
      }

      assertEquals(status, outcome(process).status());
    }
    assertEquals(verb.equals("DEL") ? 1 : 0, node.spool.waiting().size());
  }

  @Test
  void answerIsNotWaitedForForEver() throws Exception {
    conf("socket=" + node.socket, "answer=1");
    try (ServerSocketChannel server = server()) {
      assertEquals(11, relay(TestNode.call(Verb.ADD)).json().get("code").getAsInt());
      server.accept().close();
    }
  }

  @Test
  void environmentWinsOverConf() throws Exception {
    conf("socket=/nowhere/cni.sock", "spool=/nowhere/spool");
    node.listen();
    ProcessBuilder builder = builder(TestNode.call(Verb.VERSION));
    builder.environment().put("MARGAY_CNI_SOCKET", node.socket.toString());
    assertEquals(0, outcome(feed(builder, TestNode.call(Verb.STATUS))).status());
    node.stop();

    RawCall del = TestNode.call(Verb.DEL);
    builder = builder(del);
    builder.environment().put("MARGAY_CNI_SOCKET", node.socket.toString());
    assertEquals(0, outcome(feed(builder, del)).status());

    assertEquals(List.of(ATTACHMENT), node.spool.waiting());
    node.build();
  }

  @Test
  void killedRelayHasItsAddTakenBack() throws Exception {
    node.listen();
    CountDownLatch attaching = new CountDownLatch(1);
    CountDownLatch killed = new CountDownLatch(1);
    node.plumber.beforeAttach =
        () -> {
          attaching.countDown();
          await(killed);
        };
    Process process = start(TestNode.call(Verb.ADD));
    await(attaching);
    process.destroyForcibly().waitFor();
    killed.countDown();

    // In turn: this DEL comes after the ADD was taken back.
    assertEquals(0, relay(TestNode.call(Verb.STATUS)).status());
    node.calls.drain(Deadline.after(Duration.ofSeconds(20)));
    assertEquals(List.of(), node.remains());
  }

  @Test
  void largeConfigurationPasses() throws Exception {
    node.listen();
    String large = "\"" + "x".repeat(1 << 20) + "\"";

    Outcome outcome = relay(TestNode.call(Verb.ADD, "0a1b2c", Map.of(), Map.of("comment", large)));

    assertEquals(0, outcome.status());
    assertEquals(1, node.ipam.held(IpFamily.IPV4).size());
  }

  private void conf(String... lines) throws IOException {
    Files.write(node.directory.resolve("margay-cni.conf"), List.of(lines));
  }

  private ServerSocketChannel server() throws IOException {
    Files.createDirectories(node.socket.getParent());
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    return server.bind(UnixDomainSocketAddress.of(node.socket));
  }

  private Path spoolFile() {
    return node.spool.directory().resolve("net,0a1b2c,eth0");
  }

  private RawCall spooled() throws IOException {
    return RawCall.decode(Files.readAllBytes(spoolFile()));
  }

  private Outcome relay(RawCall call) throws Exception {
    return outcome(start(call));
  }

  private Process start(RawCall call) throws IOException {
    return feed(builder(call), call);
  }

  private ProcessBuilder builder(RawCall call) {
    ProcessBuilder builder = new ProcessBuilder(relay.toString());
    builder.environment().clear();
    builder.environment().putAll(call.environment());
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  private static Process feed(ProcessBuilder builder, RawCall call) throws IOException {
    Process process = builder.start();
    process.getOutputStream().write(call.input());
    process.getOutputStream().close();
    return process;
  }

  private static Outcome outcome(Process process) throws Exception {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Outcome(process.exitValue(), output);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean hasCompiler() throws InterruptedException {
    try {
      return new ProcessBuilder("gcc", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
