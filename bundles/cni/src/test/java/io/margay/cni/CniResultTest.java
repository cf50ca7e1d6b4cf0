// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.api.dataplane.HostLink;
import io.margay.api.dataplane.Workload;
import io.margay.api.net.Ip;
import io.margay.api.net.MacAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CniResultTest {
  private static final MacAddress POD_MAC = MacAddress.parse("02:00:00:00:00:01");
  private static final CniResult RESULT =
      new CniResult(
          new Workload(
              "net.c",
              "cali0123",
              Path.of("/run/netns/c"),
              "eth0",
              List.of(Ip.parse("10.65.0.7"), Ip.parse("fd00::7")),
              1430,
              Optional.of(POD_MAC)),
          new HostLink("cali0123", Workload.HOST_MAC, POD_MAC, 1430),
          JsonParser.parseString("{\"nameservers\":[\"10.0.0.1\"]}").getAsJsonObject());

  @Test
  void version110() {
    assertResult(
        SpecVersion.V1_1_0,
        """
        {"cniVersion": "1.1.0",
         "interfaces": [
           {"name": "cali0123", "mac": "ee:ee:ee:ee:ee:ee", "mtu": 1430},
           {"name": "eth0", "mac": "02:00:00:00:00:01", "mtu": 1430, "sandbox": "/run/netns/c"}],
         "ips": [{"interface": 1, "address": "10.65.0.7/32"},
                 {"interface": 1, "address": "fd00::7/128"}],
         "routes": [{"dst": "0.0.0.0/0", "gw": "169.254.1.1"},
                    {"dst": "::/0", "gw": "fe80::ecee:eeff:feee:eeee"}],
         "dns": {"nameservers": ["10.0.0.1"]}}
        """);
  }

  @Test
  void version100HasNoMtu() {
    assertResult(
        SpecVersion.V1_0_0,
        """
        {"cniVersion": "1.0.0",
         "interfaces": [
           {"name": "cali0123", "mac": "ee:ee:ee:ee:ee:ee"},
           {"name": "eth0", "mac": "02:00:00:00:00:01", "sandbox": "/run/netns/c"}],
         "ips": [{"interface": 1, "address": "10.65.0.7/32"},
                 {"interface": 1, "address": "fd00::7/128"}],
         "routes": [{"dst": "0.0.0.0/0", "gw": "169.254.1.1"},
                    {"dst": "::/0", "gw": "fe80::ecee:eeff:feee:eeee"}],
         "dns": {"nameservers": ["10.0.0.1"]}}
        """);
  }

  @ParameterizedTest
  @EnumSource(
      value = SpecVersion.class,
      names = {"V0_3_0", "V0_3_1", "V0_4_0"})
  void version03And04HaveAVersionWithEachAddress(SpecVersion version) {
    assertResult(
        version,
        """
        {"cniVersion": "%s",
         "interfaces": [
           {"name": "cali0123", "mac": "ee:ee:ee:ee:ee:ee"},
           {"name": "eth0", "mac": "02:00:00:00:00:01", "sandbox": "/run/netns/c"}],
         "ips": [{"version": "4", "interface": 1, "address": "10.65.0.7/32"},
                 {"version": "6", "interface": 1, "address": "fd00::7/128"}],
         "routes": [{"dst": "0.0.0.0/0", "gw": "169.254.1.1"},
                    {"dst": "::/0", "gw": "fe80::ecee:eeff:feee:eeee"}],
         "dns": {"nameservers": ["10.0.0.1"]}}
        """
            .formatted(version));
  }

  @ParameterizedTest
  @EnumSource(
      value = SpecVersion.class,
      names = {"V0_1_0", "V0_2_0"})
  void version01And02HaveOneAddressOfEachFamily(SpecVersion version) {
    assertResult(
        version,
        """
        {"cniVersion": "%s",
         "ip4": {"ip": "10.65.0.7/32", "routes": [{"dst": "0.0.0.0/0", "gw": "169.254.1.1"}]},
         "ip6": {"ip": "fd00::7/128",
                 "routes": [{"dst": "::/0", "gw": "fe80::ecee:eeff:feee:eeee"}]},
         "dns": {"nameservers": ["10.0.0.1"]}}
        """
            .formatted(version));
  }

  @Test
  void comesBehindThePluginBefore() {
    JsonObject before =
        object(
            """
            {"cniVersion": "1.0.0", "x": 1, "dns": {"domain": "d"},
             "interfaces": [{"name": "dummy0", "sandbox": "/run/netns/c", "pciID": "p"}],
             "ips": [{"interface": 0, "address": "192.0.2.1/24"}]}
            """);

    JsonObject result = RESULT.encode(SpecVersion.V1_0_0, Optional.of(before));

    assertEquals(List.of("dummy0", "cali0123", "eth0"), texts(result, "interfaces", "name"));
    assertEquals(List.of("0", "2", "2"), texts(result, "ips", "interface"));
    assertEquals(1, result.get("x").getAsInt());
    assertEquals(1, before.getAsJsonArray("ips").size());
  }

  @Test
  void listsTheAddressesOfOneInterface() throws Exception {
    JsonObject result =
        object(
            """
            {"interfaces": [{"name": "eth0"}, {"name": "eth0", "sandbox": "/run/netns/c"}],
             "ips": [{"interface": 0, "address": "192.0.2.1/24"}, {"address": "192.0.2.2/24"},
                     {"interface": 1, "address": "10.65.0.7/32"},
                     {"interface": 9, "address": "192.0.2.3/24"}]}
            """);

    ListedInterface listed = ListedInterface.find(result, "eth0", "/run/netns/c").orElseThrow();

    assertEquals(Set.of(Ip.parse("10.65.0.7")), listed.addresses());
    assertEquals(Optional.empty(), ListedInterface.find(result, "eth1", "/run/netns/c"));
  }

  private static void assertResult(SpecVersion version, String json) {
    assertEquals(object(json), RESULT.encode(version, Optional.empty()));
  }

  private static JsonObject object(String json) {
    return JsonParser.parseString(json).getAsJsonObject();
  }

  private static List<String> texts(JsonObject json, String array, String member) {
    JsonArray items = json.getAsJsonArray(array);
    return items.asList().stream()
        .map(JsonElement::getAsJsonObject)
        .map(item -> item.get(member).getAsString())
        .toList();
  }
}
