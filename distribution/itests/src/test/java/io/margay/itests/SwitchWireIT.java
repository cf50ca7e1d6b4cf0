// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.api.net.Ip;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is between two nodes while a pool changes its mode: nftables on the lab's switch counts. */
class SwitchWireIT {
  private static final String POOL = "default-ipv4-ippool";
  private static final int PINGS = 50;

  /**
   * What marks a packet between pods, by its form; of what is inside of a tunnel only addresses.
   */
  private static final Map<String, String> FORMS =
      Map.of(
          "plain", "ip saddr $from ip daddr $to",
          "ipip", "ip protocol 4 @nh,256,32 $from @nh,288,32 $to",
          "vxlan4096", vxlan(4096, 4789),
          "vxlan4097", vxlan(4097, 4789),
          "vxlan4097port4790", vxlan(4097, 4790));

  private static final String SETTINGS =
      """
      apiVersion: projectcalico.org/v3
      kind: FelixConfiguration
      metadata:
        name: default
      spec:
        vxlanVNI: %d
        vxlanPort: %d
      """;

  private Lab lab;
  private PoolModes modes;
  private Pod near;
  private String far;

  @BeforeEach
  void twoNodesWithAPodEach() throws IOException {
    lab = Lab.up(2, "4");
    modes = new PoolModes(lab, "node1");
    near = lab.pod("node1");
    String nearAddress = near.add().get(0);
    far = lab.pod("node2").add().get(0);
    Lab.await("the pods reach each other", () -> near.reaches(far));
    StringBuilder table = new StringBuilder("table bridge wire {\n");
    FORMS.keySet().forEach(form -> table.append("counter ").append(form).append(" {}\n"));
    table.append("chain c {\ntype filter hook forward priority 0\n");
    FORMS.forEach(
        (form, match) -> {
          table.append(rule(form, match, nearAddress, far));
          table.append(rule(form, match, far, nearAddress));
        });
    nft(table.append("}\n}").toString());
  }

  @AfterEach
  void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void onePacketIsOnTheWireOnceAndBetweenTunnelsNeverWithoutOne() throws Exception {
    change("ipip");
    assertEquals(Map.of("ipip", 2 * PINGS), ping());

    AtomicBoolean isDone = new AtomicBoolean();
    CompletableFuture<Integer> runs = CompletableFuture.supplyAsync(() -> pingUntil(isDone));
    try {
      change("vxlan");
      changeSettings(4097, 4789);
      changeSettings(4097, 4790);
      change("ipip");
    } finally {
      isDone.set(true);
      runs.join();
    }

    Map<String, Integer> counted = counted();
    assertEquals(0, counted.getOrDefault("plain", 0), counted.toString());
    assertEquals(
        2 * PINGS * runs.join(), counted.values().stream().mapToInt(i -> i).sum(), "both ways");
    assertTrue(counted.containsKey("vxlan4096"), counted.toString());
    assertTrue(counted.containsKey("vxlan4097"), counted.toString());
    assertTrue(counted.containsKey("vxlan4097port4790"), counted.toString());
  }

  @Test
  void nothingIsLeftInTheFormBefore() {
    assertEquals(Map.of("plain", 2 * PINGS), ping());
    change("vxlan");
    assertEquals(Map.of("vxlan4096", 2 * PINGS), ping());
    changeSettings(4097, 4789);
    assertEquals(Map.of("vxlan4097", 2 * PINGS), ping());
    changeSettings(4097, 4790);
    assertEquals(Map.of("vxlan4097port4790", 2 * PINGS), ping());
    change("direct");
    assertEquals(Map.of("plain", 2 * PINGS), ping());
  }

  private void change(String mode) {
    modes.change(POOL, mode);
    modes.awaitThere();
  }

  private void changeSettings(int vni, int port) {
    lab.client("node1", SETTINGS.formatted(vni, port), "apply", "-f", "-").orFail();
    modes.awaitWire(POOL, "vxlan/" + vni + "/" + port);
  }

  // ---- packets

  /** Number of packets by their form. */
  private Map<String, Integer> ping() {
    nft("reset", "counters", "table", "bridge", "wire");
    pingOnce();
    return counted();
  }

  private int pingUntil(AtomicBoolean isDone) {
    nft("reset", "counters", "table", "bridge", "wire");
    int runs = 0;
    do {
      pingOnce();
      runs++;
    } while (!isDone.get());
    return runs;
  }

  /** No answer may be missing, and none come twice. */
  private void pingOnce() {
    String netns = "--net=/run/netns/" + near.netns();
    String count = Integer.toString(PINGS);
    Result result = Shell.run("nsenter", netns, "ping", "-nqi0.01", "-W5", "-c" + count, far);
    String all = PINGS + " packets transmitted, " + PINGS + " received, 0% packet loss";
    assertTrue(result.output().contains(all), result.output());
  }

  private Map<String, Integer> counted() {
    String json = nft("-j", "list", "counters", "table", "bridge", "wire");
    Map<String, Integer> counted = new TreeMap<>();
    for (JsonElement element :
        JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("nftables")) {
      JsonObject counter = element.getAsJsonObject().getAsJsonObject("counter");
      if (counter != null && counter.get("packets").getAsInt() > 0) {
        counted.put(counter.get("name").getAsString(), counter.get("packets").getAsInt());
      }
    }
    return counted;
  }

  private String nft(String... words) {
    return new NodeKernel(lab.netns("switch")).nft(words);
  }

  private static String rule(String form, String match, String from, String to) {
    return "ether type ip "
        + match.replace("$from", hex(from)).replace("$to", hex(to))
        + " counter name "
        + form
        + "\n";
  }

  /** UDP, VXLAN and Ethernet have 8, 8 and 14 bytes. RFC 7348 section 5. */
  private static String vxlan(int vni, int port) {
    return "udp dport " + port + " @th,96,24 " + vni + " @th,336,32 $from @th,368,32 $to";
  }

  private static String hex(String address) {
    return "0x" + HexFormat.of().formatHex(Ip.parse(address).getAddress());
  }
}
