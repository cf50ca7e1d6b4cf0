// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.resource.Namespace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clauses P1 to P10: what a plugin must make of its environment and configuration. */
class RequestTest {
  private static final String PREFIX = "{\"cniVersion\":\"1.1.0\",\"name\":\"net\"";

  @ParameterizedTest
  @CsvSource({
    "ADD,CNI_CONTAINERID",
    "ADD,CNI_NETNS",
    "ADD,CNI_IFNAME",
    "CHECK,CNI_CONTAINERID",
    "CHECK,CNI_NETNS",
    "CHECK,CNI_IFNAME",
    "DEL,CNI_CONTAINERID",
    "DEL,CNI_IFNAME",
    "GC,CNI_PATH"
  })
  void requiredVariableMissingOrEmpty(Verb verb, String variable) {
    RawCall call = TestNode.call(verb);
    Map<String, String> environment = new HashMap<>(call.environment());
    environment.put(variable, "");
    assertFails(4, variable, new RawCall(environment, call.input()));
    environment.remove(variable);
    assertFails(4, variable, new RawCall(environment, call.input()));
  }

  @ParameterizedTest
  @CsvSource({
    "CNI_COMMAND,add",
    "CNI_COMMAND,''",
    "CNI_COMMAND,NONSENSE",
    "CNI_CONTAINERID,-a",
    "CNI_CONTAINERID,a/b",
    "CNI_CONTAINERID,a b",
    "CNI_CONTAINERID,ä",
    "CNI_IFNAME,a/b",
    "CNI_IFNAME,a:b",
    "CNI_IFNAME,a b",
    "CNI_IFNAME,.",
    "CNI_IFNAME,..",
    "CNI_IFNAME,sixteencharacter",
    "CNI_ARGS,novalue",
    "CNI_ARGS,=x"
  })
  void invalidVariable(String variable, String value) {
    assertFails(4, variable, TestNode.call(Verb.ADD, "c", Map.of(variable, value), Map.of()));
  }

  @Test
  void namesEveryInvalidVariable() {
    RawCall call = new RawCall(Map.of("CNI_COMMAND", "ADD"), TestNode.bytes("{}"));

    String message = fails(call).getMessage();

    for (String variable : Set.of("CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS")) {
      assertTrue(message.contains(variable), message);
    }
  }

  @Test
  void namesThatAreTooLongForAFileTogether() throws Exception {
    // With "net" and "eth0" and two commas.
    String most = "a".repeat(255 - 9);

    Request.decode(TestNode.call(Verb.ADD, most, Map.of(), Map.of()));

    assertFails(4, "CNI_CONTAINERID", TestNode.call(Verb.ADD, most + "a", Map.of(), Map.of()));
    Request.decode(TestNode.call(Verb.DEL, most + "a", Map.of(), Map.of()));
  }

  @Test
  void delNeedsNoNamespace() throws Exception {
    Map<String, String> variables = Map.of("CNI_NETNS", "", "CNI_ARGS", "junk");

    Request request = Request.decode(TestNode.call(Verb.DEL, "c", variables, Map.of()));

    assertEquals(Optional.empty(), request.namespace());
    assertEquals(new Attachment("net", "c", "eth0"), request.attachment());
  }

  @Test
  void shortVerbsIgnoreEmptyVariables() throws Exception {
    Map<String, String> empty = Map.of("CNI_CONTAINERID", "", "CNI_NETNS", "", "CNI_IFNAME", "");

    Request.decode(TestNode.call(Verb.GC, "", empty, Map.of()));
    Request.decode(TestNode.call(Verb.STATUS, "", empty, Map.of()));
    Request.decode(TestNode.call(Verb.VERSION, "", empty, Map.of()));
  }

  @Test
  void readsCniArgs() throws Exception {
    Map<String, String> variables =
        Map.of("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart;X=a=b;");

    Request request = Request.decode(TestNode.call(Verb.ADD, "c", variables, Map.of()));

    assertEquals(Optional.of(new Pod("shop", "cart")), Pod.of(request.args()));
    assertEquals("a=b", request.args().get("X"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{} {}", "{name:1}", "{'name':'a'}", "\u0000"})
  void undecodableConfiguration(String text) {
    assertFails(6, "network configuration", conf(text));
  }

  @Test
  void configurationThatIsNotUtf8() {
    RawCall call = TestNode.call(Verb.ADD);
    byte[] input = call.input().clone();
    input[2] = (byte) 0xff;

    assertFails(6, "network configuration", new RawCall(call.environment(), input));
  }

  @Test
  void configurationNestedTooDeep() {
    assertFails(6, "network configuration", conf("[".repeat(100_000)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5.0", "2.0.0", "", "1.1", "latest"})
  void unsupportedVersion(String version) {
    assertFails(1, "cniVersion", conf("{\"cniVersion\":\"" + version + "\",\"name\":\"net\"}"));
  }

  @ParameterizedTest
  @CsvSource({"CHECK,0.3.1", "GC,1.0.0", "STATUS,1.0.0"})
  void versionThatDoesNotKnowTheVerb(Verb verb, String version) {
    RawCall call = TestNode.call(verb);
    byte[] input = TestNode.bytes("{\"cniVersion\":\"" + version + "\",\"name\":\"net\"}");

    assertFails(1, version, new RawCall(call.environment(), input));
  }

  @ParameterizedTest
  @EnumSource(SpecVersion.class)
  void everySupportedVersionServesAddAndDel(SpecVersion version) throws Exception {
    String json = "{\"cniVersion\":\"" + version + "\",\"name\":\"net\"}";

    assertEquals(version, Request.decode(conf(json)).conf().version());
  }

  @Test
  void missingVersionMeansTheFirst() throws Exception {
    assertEquals(SpecVersion.V0_1_0, Request.decode(conf("{\"name\":\"net\"}")).conf().version());
  }

  @Test
  void everyVersionMayAskForVersions() throws Exception {
    RawCall call = TestNode.call(Verb.VERSION);

    Request.decode(new RawCall(call.environment(), new byte[0]));
    Request.decode(new RawCall(call.environment(), TestNode.bytes("{\"cniVersion\":\"7.0.0\"}")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'name'             | {\"cniVersion\":\"1.1.0\"}",
        "'name'             | {\"cniVersion\":\"1.1.0\",\"name\":\"\"}",
        "'name'             | {\"cniVersion\":\"1.1.0\",\"name\":\"a/b\"}",
        "'name'             | {\"cniVersion\":\"1.1.0\",\"name\":7}",
        "'cniVersion'       | {\"cniVersion\":1.1,\"name\":\"net\"}",
        "'mtu'              | {\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"mtu\":67}",
        "'mtu'              | {\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"mtu\":1.5}",
        "'mtu'              | {\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"mtu\":\"big\"}",
        "'ipam'             | {\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"ipam\":[]}",
        "'dns'              | {\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"dns\":\"8.8.8.8\"}",
        "'prevResult'       | {\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"prevResult\":7}"
      })
  void invalidConfiguration(String key, String json) {
    assertFails(7, key, conf(json));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ipam.assign_ipv4   | \"ipam\":{\"assign_ipv4\":\"maybe\"}",
        "ipam.ipv4_pools    | \"ipam\":{\"ipv4_pools\":\"10.0.0.0/16\"}",
        "ipAddrs            | \"runtimeConfig\":{\"io.kubernetes.cri.pod-annotations\":"
            + "{\"cni.projectcalico.org/ipAddrs\":\"10.0.0.1\"}}",
        "ips                | \"runtimeConfig\":{\"ips\":[\"nonsense\"]}",
        "mac                | \"runtimeConfig\":{\"mac\":\"nonsense\"}",
        "ingressRate        | \"runtimeConfig\":{\"bandwidth\":{\"ingressRate\":999}}",
        "egressRate         | \"runtimeConfig\":{\"bandwidth\":{\"egressRate\":-1}}",
        "egressBurst        | \"runtimeConfig\":{\"bandwidth\":{\"egressBurst\":\"1M\"}}",
        "SourcePrefixes     | \"runtimeConfig\":{\"io.kubernetes.cri.pod-annotations\":"
            + "{\"cni.projectcalico.org/allowedSourcePrefixes\":\"[\\\"10.0.0.1/8\\\"]\"}}",
        "SourcePrefixes     | \"runtimeConfig\":{\"io.kubernetes.cri.pod-annotations\":"
            + "{\"cni.projectcalico.org/allowedSourcePrefixes\":\"10.0.0.0/8\"}}",
        "egress-bandwidth   | \"runtimeConfig\":{\"io.kubernetes.cri.pod-annotations\":"
            + "{\"kubernetes.io/egress-bandwidth\":\"fast\"}}",
        "ipam.type          | \"ipam\":{\"type\":\"../x\"}",
        "args.cni.labels[0] | \"args\":{\"cni\":{\"labels\":[{\"value\":\"x\"}]}}"
      })
  void invalidMember(String key, String member) {
    assertFails(7, key, conf(PREFIX + "," + member + "}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "deviceID       | 0000:01    | \"runtimeConfig\":{\"deviceID\":\"0000:01\"}",
        "ipRanges       | 10.1.0.0   |"
            + " \"runtimeConfig\":{\"ipRanges\":[[{\"subnet\":\"10.1.0.0/16\"}]]}"
      })
  void unsupportedFieldIsNamedWithItsValue(String key, String value, String member) {
    assertFails(2, key, conf(PREFIX + "," + member + "}"));
    assertFails(2, value, conf(PREFIX + "," + member + "}"));
  }

  @Test
  void toleratesUnknownKeys() throws Exception {
    Request.decode(
        conf(
            PREFIX
                + ",\"cni.dev/x\":[1],\"capabilities\":{\"mac\":true},\"ipMasq\":true,"
                + "\"args\":{\"org.apache.mesos\":{}},\"runtimeConfig\":{\"aliases\":[\"a\"],\"cgroupPath\":\"/p\","
                + "\"portMappings\":[{\"hostPort\":8080}]},\"policy\":null}"));
  }

  @Test
  void delIsServedWhateverElseIsWrong() throws Exception {
    Map<String, String> members =
        Map.of("ipam", "7", "mtu", "-1", "prevResult", "[]", "runtimeConfig", "\"x\"");

    Request request = Request.decode(TestNode.call(Verb.DEL, "c", Map.of(), members));

    assertEquals("net", request.conf().name());
  }

  @Test
  void annotationWinsOverConfiguration() throws Exception {
    String annotations =
        "{\"io.kubernetes.cri.pod-annotations\":"
            + "{\"cni.projectcalico.org/ipv4pools\":\"[\\\"blue\\\"]\","
            + "\"cni.projectcalico.org/hwAddr\":\"02:00:00:00:00:01\"},"
            + "\"mac\":\"02:00:00:00:00:02\"}";
    Map<String, String> members =
        Map.of("runtimeConfig", annotations, "ipam", "{\"ipv4_pools\":[\"red\"]}");

    NetConf conf = Request.decode(TestNode.call(Verb.ADD, "c", Map.of(), members)).conf();

    assertEquals(List.of("blue"), conf.addressing().within(Namespace.of("default")).poolNames());
    assertEquals("02:00:00:00:00:01", conf.pod().mac().orElseThrow().toString());
  }

  @Test
  void deprecatedArgCountsOnlyWithoutArgs() throws Exception {
    Addressing asked =
        Request.decode(
                conf(PREFIX + ",\"args\":{\"cni\":{\"ips\":[\"10.65.0.7/24\",\"fd00::7\"]}}}"))
            .conf()
            .addressing();

    assertEquals(asked, asked.withDeprecatedArg(Optional.of("10.65.0.9")));
    assertEquals(2, asked.addresses().size());
    assertEquals(1, Addressing.ANY.withDeprecatedArg(Optional.of("10.65.0.9")).addresses().size());
  }

  @Test
  void dnsOfThePodWins() throws Exception {
    Map<String, String> members =
        Map.of(
            "dns", "{\"nameservers\":[\"10.0.0.1\"],\"domain\":\"d\"}",
            "runtimeConfig", "{\"dns\":{\"servers\":[\"10.0.0.2\"],\"searches\":[\"s\"]}}");

    NetConf conf = Request.decode(TestNode.call(Verb.ADD, "c", Map.of(), members)).conf();

    assertEquals(
        "{\"nameservers\":[\"10.0.0.2\"],\"domain\":\"d\",\"search\":[\"s\"]}",
        conf.dns().toString());
  }

  @Test
  void longValuesAreQuotedInPart() {
    String name = "!".repeat(1_000_000);

    assertFails(
        7,
        "name: " + "!".repeat(120) + "... (1000000 characters) (expected: letters",
        conf("{\"cniVersion\":\"1.1.0\",\"name\":\"" + name + "\"}"));
    assertFails(4, "(1000000 characters)", TestNode.call(Verb.ADD, name, Map.of(), Map.of()));
  }

  private static RawCall conf(String json) {
    return new RawCall(TestNode.call(Verb.ADD).environment(), TestNode.bytes(json));
  }

  private static CniException fails(RawCall call) {
    return assertThrows(CniException.class, () -> Request.decode(call));
  }

  private static void assertFails(int code, String message, RawCall call) {
    CniException e = fails(call);
    assertEquals(code, e.code().number(), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
