// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * margay-loss says exactly what nftables did to its packets, between two namespaces on one cable.
 */
class LossIT {
  private static final String LOSS = Distribution.HOME.resolve("libexec/margay-loss").toString();
  private static final String NEAR = "it" + ProcessHandle.current().pid() + "near";
  private static final String FAR = "it" + ProcessHandle.current().pid() + "far";
  private static final String FAR_ADDRESS = "10.99.0.2";

  @TempDir Path files;

  @BeforeEach
  void cable() throws IOException {
    Lab.assumeRoot();
    ip("netns", "add", NEAR);
    ip("netns", "add", FAR);
    ip("-n", NEAR, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", FAR);
    ip("-n", NEAR, "address", "add", "10.99.0.1/24", "dev", "eth0");
    ip("-n", FAR, "address", "add", FAR_ADDRESS + "/24", "dev", "eth0");
    ip("-n", NEAR, "link", "set", "eth0", "up");
    ip("-n", FAR, "link", "set", "eth0", "up");
  }

  @AfterEach
  void remove() {
    Shell.run("ip", "netns", "delete", NEAR);
    Shell.run("ip", "netns", "delete", FAR);
  }

  @Test
  void nothingIsLostOnACable() throws IOException {
    JsonObject report = run(0, flow("udp") + flow("tcp"), "--pps", "2000", "--seconds", "1");

    assertEquals("ok", report.get("verdict").getAsString());
    assertTrue(report.get("sent").getAsLong() > 0);
    for (String kind :
        List.of("lost", "reordered", "duplicated", "overflows", "lostSegments", "resets")) {
      assertEquals(0, report.get(kind).getAsLong(), report.toString());
    }
  }

  @Test
  void countsWhatIsDropped() throws IOException {
    nft("type filter hook input priority 0", "udp length 72 numgen inc mod 100 0 counter drop");

    JsonObject report = run(1, flow("udp"), "--pps", "2000", "--seconds", "1");

    assertEquals("lossy", report.get("verdict").getAsString());
    assertEquals(counter(), report.get("lost").getAsLong());
    assertEquals(0, report.get("overflows").getAsLong());
  }

  @Test
  void countsWhatIsDoubled() throws IOException {
    nft(
        "type filter hook postrouting priority 0",
        "udp length 72 numgen inc mod 100 0 counter dup to 10.99.0.1 device eth0");

    JsonObject report = run(0, flow("udp"), "--pps", "2000", "--seconds", "1");

    assertEquals(counter(), report.get("duplicated").getAsLong());
  }

  @Test
  void countsWhatIsOvertakenAndDoesNotTakeItForLost() throws IOException {
    nft("type filter hook postrouting priority 0", "numgen inc mod 20 0 meta priority set \"1:2\"");
    tc("qdisc add dev eth0 root handle 1: htb default 1");
    tc("class add dev eth0 parent 1: classid 1:1 htb rate 10gbit");
    // Takes less than every 20th of 1000 packets per second, once its burst is used up.
    tc("class add dev eth0 parent 1: classid 1:2 htb rate 16kbit");

    JsonObject report = run(0, flow("udp"), "--pps", "2000", "--seconds", "2");

    assertTrue(report.get("reordered").getAsLong() > 0, report.toString());
    assertEquals(0, report.get("lost").getAsLong());
  }

  @Test
  void runsUntilItIsStoppedAndSeesAConnectionReset() throws Exception {
    Path progress = files.resolve("progress");
    Path flows = Files.writeString(files.resolve("flows"), flow("udp") + flow("tcp"));
    String command = LOSS + " --seconds 0 --progress " + progress + " < " + flows;
    Process process = Shell.start(Map.of(), "sh", "-c", "exec " + command);
    try {
      Lab.await("packets are sent", () -> Files.exists(progress));

      nft("type filter hook input priority 0", "meta l4proto tcp reject with tcp reset");
      Lab.await("the connection ends", () -> read(progress).endsWith(" 0 1"));
      process.toHandle().destroy();

      Result result = Shell.end(process);
      assertEquals(1, result.exitCode());
      assertTrue(result.output().contains(" segments lost, 1 resets, in "), result.output());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aFullSocketMakesTheRunInvalidNotLossy() throws IOException {
    String[] tooMuch = {"--pps", "20000", "--seconds", "1", "--buffer", "1"};

    JsonObject report = run(75, flow("udp"), tooMuch);

    assertEquals("invalid", report.get("verdict").getAsString());
    assertEquals(report.get("lost").getAsLong(), report.get("overflows").getAsLong());
  }

  @Test
  void saysWhoDoesNotAnswer() {
    nft("type filter hook input priority 0", "drop");

    Result result = Shell.run(Map.of(), flow("udp"), LOSS, "--seconds", "1");

    assertEquals("margay-loss: near: " + FAR_ADDRESS + " of far does not answer", result.output());
    assertEquals(69, result.exitCode());
  }

  // ---- running it

  private JsonObject run(int status, String flows, String... options) throws IOException {
    Path json = files.resolve("report.json");
    String[] command = new String[options.length + 3];
    command[0] = LOSS;
    command[1] = "--json";
    command[2] = json.toString();
    System.arraycopy(options, 0, command, 3, options.length);
    Result result = Shell.run(Map.of(), flows, command);
    assertEquals(status, result.exitCode(), result.output());
    return JsonParser.parseString(Files.readString(json)).getAsJsonObject();
  }

  private static String flow(String protocol) {
    String netns = "/run/netns/" + NEAR + " /run/netns/" + FAR;
    return protocol + " cable near far " + netns + " " + FAR_ADDRESS + "\n";
  }

  private static String read(Path file) {
    return Shell.run("cat", file.toString()).output();
  }

  private static void ip(String... words) {
    String[] command = new String[words.length + 1];
    command[0] = "ip";
    System.arraycopy(words, 0, command, 1, words.length);
    Shell.run(command).orFail();
  }

  // ---- what happens to the packets that arrive at, or leave, the far end

  private static void nft(String chain, String rule) {
    String table = "table ip it { chain it { " + chain + "; " + rule + "; }; }";
    Shell.run("nsenter", "--net=/run/netns/" + FAR, "nft", table).orFail();
  }

  private static void tc(String command) {
    Shell.run("sh", "-c", "tc -n " + FAR + " " + command).orFail();
  }

  private static long counter() {
    String table = Shell.run("nsenter", "--net=/run/netns/" + FAR, "nft", "list ruleset").orFail();
    Matcher packets = Pattern.compile("counter packets (\\d+)").matcher(table);
    assertTrue(packets.find(), table);
    return Long.parseLong(packets.group(1));
  }
}
