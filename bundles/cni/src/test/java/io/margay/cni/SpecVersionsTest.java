// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.margay.api.net.IpFamily;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every verb at every version of the specification: its input's and its output's form. */
class SpecVersionsTest {
  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    node = new TestNode();
    node.addPool("pool-ipv6", FakeIpam.BLOCK_IPV6);
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void addAnswersInTheVersionOfItsInput(SpecVersion version) throws Exception {
    JsonObject result = TestNode.json(run(Verb.ADD, version, Map.of()));

    assertEquals(version.toString(), result.get("cniVersion").getAsString());
    boolean hasInterfaces = version.atLeast(SpecVersion.V0_3_0);
    assertEquals(hasInterfaces, result.has("interfaces"));
    assertEquals(hasInterfaces, result.has("ips"));
    assertEquals(!hasInterfaces, result.has("ip4") && result.has("ip6"));
    if (hasInterfaces) {
      JsonObject ip = result.getAsJsonArray("ips").get(0).getAsJsonObject();
      assertEquals(!version.atLeast(SpecVersion.V1_0_0), ip.has("version"));
      JsonObject host = result.getAsJsonArray("interfaces").get(0).getAsJsonObject();
      JsonObject pod = result.getAsJsonArray("interfaces").get(1).getAsJsonObject();
      assertFalse(host.has("sandbox"));
      assertEquals("/proc/self/ns/net", pod.get("sandbox").getAsString());
      assertEquals(version.atLeast(SpecVersion.V1_1_0), pod.has("mtu"));
    }
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void addIsRepeatableAndDelRemovesAll(SpecVersion version) throws Exception {
    String first = ok(run(Verb.ADD, version, Map.of()));
    assertEquals(first, ok(run(Verb.ADD, version, Map.of())));
    assertEquals(1, node.ipam.held(IpFamily.IPV4).size());

    assertEquals("", ok(run(Verb.DEL, version, Map.of())));
    assertEquals("", ok(run(Verb.DEL, version, Map.of("prevResult", first))));
    assertEquals(List.of(), node.remains());
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void addPassesOnWhatPluginsBeforeHaveMade(SpecVersion version) throws Exception {
    String before =
        version.atLeast(SpecVersion.V0_3_0)
            ? """
            {"interfaces":[{"name":"net0","sandbox":"/proc/self/ns/net"}],
             "ips":[{"version":"4","interface":0,"address":"192.0.2.1/24"}],
             "routes":[{"dst":"198.51.100.0/24"}],"dns":{"domain":"d"}}\
            """
            : "{\"dns\":{\"domain\":\"d\"}}";

    JsonObject result = TestNode.json(run(Verb.ADD, version, Map.of("prevResult", before)));

    assertEquals("d", result.getAsJsonObject("dns").get("domain").getAsString());
    if (version.atLeast(SpecVersion.V0_3_0)) {
      assertEquals(3, result.getAsJsonArray("interfaces").size());
      assertEquals(List.of(0, 2, 2), indices(result.getAsJsonArray("ips")));
      assertEquals(3, result.getAsJsonArray("routes").size());
    }
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void checkIsSilentSince040(SpecVersion version) throws Exception {
    String result = ok(run(Verb.ADD, version, Map.of()));

    Answer answer = run(Verb.CHECK, version, Map.of("prevResult", result));

    assertKnownSince(SpecVersion.V0_4_0, version, answer);
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void gcIsSilentSince110(SpecVersion version) throws Exception {
    run(Verb.ADD, version, Map.of());

    assertKnownSince(SpecVersion.V1_1_0, version, run(Verb.GC, version, gc("[]")));
    assertEquals(version.atLeast(SpecVersion.V1_1_0), node.remains().isEmpty());
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void statusIsSilentSince110(SpecVersion version) {
    assertKnownSince(SpecVersion.V1_1_0, version, run(Verb.STATUS, version, Map.of()));
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void versionRepeatsTheInputs(SpecVersion version) {
    JsonObject versions = TestNode.json(run(Verb.VERSION, version, Map.of()));

    assertEquals(version.toString(), versions.get("cniVersion").getAsString());
    assertEquals(SpecVersion.values().length, versions.getAsJsonArray("supportedVersions").size());
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void errorsAreInTheVersionOfTheInput(SpecVersion version) {
    Answer answer = run(Verb.ADD, version, Map.of("mtu", "7"));

    assertEquals(1, answer.status());
    JsonObject error = TestNode.json(answer);
    assertEquals(version.toString(), error.get("cniVersion").getAsString());
    assertEquals(7, error.get("code").getAsInt());
    assertTrue(error.get("msg").getAsString().contains("mtu"));
  }

  private static Map<String, String> gc(String valid) {
    return Map.of("cni.dev/valid-attachments", valid);
  }

  private static void assertKnownSince(SpecVersion first, SpecVersion version, Answer answer) {
    if (version.atLeast(first)) {
      assertEquals("", ok(answer));
    } else {
      assertEquals(1, TestNode.json(answer).get("code").getAsInt());
    }
  }

  private Answer run(Verb verb, SpecVersion version, Map<String, String> members) {
    RawCall call = TestNode.call(verb, "0a1b2c", Map.of(), members);
    String input = TestNode.text(call).replaceFirst("1\\.1\\.0", version.toString());
    return node.run(new RawCall(new HashMap<>(call.environment()), TestNode.bytes(input)));
  }

  private static List<Integer> indices(JsonArray ips) {
    return ips.asList().stream()
        .map(ip -> ip.getAsJsonObject().get("interface").getAsInt())
        .toList();
  }

  private static String ok(Answer answer) {
    assertEquals(0, answer.status(), TestNode.text(answer));
    return TestNode.text(answer);
  }
}
