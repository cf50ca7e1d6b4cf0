// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Resource;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Expected;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which pools and families an ADD asks for, and who decides. */
class AddressesTest {
  private static final String PREFIX = "cni.projectcalico.org/";
  private static final Map<String, String> POD =
      Map.of("CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart-0");

  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    node = new TestNode();
    for (String name : List.of("conf", "space", "pod")) {
      put(IpPool.of(name, Cidr.parse("10.7" + name.length() + ".0.0/16")).withDisabled(true));
    }
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @ParameterizedTest
  @CsvSource({
    "'[\"pod\"]', '[\"space\"]', conf,  pod",
    "'[]',        '[\"space\"]', conf,  ''",
    "'',          '[\"space\"]', conf,  space",
    "'',          '[]',          conf,  ''",
    "'',          '',            conf,  conf",
    "'',          '',            '',    ''",
  })
  void podWinsOverNamespaceOverConfiguration(
      String pod, String namespace, String conf, String pools) throws Exception {
    Namespace shop = Namespace.of("shop").withAnnotations(Map.of(PREFIX + "ipv4pools", namespace));
    put(shop);
    Map<String, String> members =
        Map.of(
            "runtimeConfig",
            podAnnotations(Map.of("ipv4pools", pod)),
            "ipam",
            conf.isEmpty() ? "{}" : "{\"ipv4_pools\":[\"" + conf + "\"]}");

    assertEquals(0, node.run(TestNode.call(Verb.ADD, "c", POD, members)).status());

    assertEquals(pools.isEmpty() ? List.of() : List.of(pools), node.ipam.lastRequest().pools());
  }

  @Test
  void takesAnnotationsFromArgsToo() throws Exception {
    String args =
        "{\"cni\":{\"annotations\":[{\"key\":\""
            + PREFIX
            + "ipv4pools\",\"value\":\"[\\\"pod\\\"]\"}]}}";

    node.run(TestNode.call(Verb.ADD, "c", POD, Map.of("args", args)));

    assertEquals(List.of("pod"), node.ipam.lastRequest().pools());
  }

  @Test
  void tellsTheIpamTheLabelsOfTheNamespace() throws Exception {
    put(Namespace.of("shop").withLabels(Map.of("team", "blue")));

    node.run(TestNode.call(Verb.ADD, "c", POD, Map.of()));
    assertEquals(
        Map.of("team", "blue", "kubernetes.io/metadata.name", "shop"),
        node.ipam.lastRequest().namespaceLabels());

    node.run(TestNode.call(Verb.ADD, "d", Map.of(), Map.of()));
    assertEquals(
        Map.of("kubernetes.io/metadata.name", "default"),
        node.ipam.lastRequest().namespaceLabels());
  }

  @Test
  void aPoolOfOtherNamespacesOffersNoFamily() throws Exception {
    put(
        IpPool.of("six", FakeIpam.BLOCK_IPV6)
            .withAllowedUses(Set.of(IpPool.AllowedUse.WORKLOAD))
            .withNamespaceSelector("team == 'blue'"));

    node.run(TestNode.call(Verb.ADD, "c", POD, Map.of()));
    assertEquals(Set.of(IpFamily.IPV4), node.ipam.lastRequest().families());

    put(Namespace.of("shop").withLabels(Map.of("team", "blue")));
    node.run(TestNode.call(Verb.ADD, "d", POD, Map.of()));
    assertEquals(Set.of(IpFamily.IPV4, IpFamily.IPV6), node.ipam.lastRequest().families());
  }

  @ParameterizedTest
  @CsvSource({
    "'[\"IPv6\"]', '[\"IPv4\"]', IPV6",
    "'',           '[\"IPv6\"]', IPV6",
    "'',           '',           IPV4",
  })
  void familiesAreThoseOfPodThenNamespaceThenConfiguration(
      String pod, String namespace, IpFamily family) throws Exception {
    node.addPool("six", FakeIpam.BLOCK_IPV6);
    put(Namespace.of("shop").withAnnotations(Map.of(PREFIX + "ipFamilies", namespace)));
    Map<String, String> members =
        Map.of(
            "runtimeConfig",
            podAnnotations(Map.of("ipFamilies", pod)),
            "ipam",
            "{\"assign_ipv6\":\"false\"}");

    node.run(TestNode.call(Verb.ADD, "c", POD, members));

    assertEquals(Set.of(family), node.ipam.lastRequest().families());
  }

  @Test
  void refusesAPoolOfTheOtherFamily() throws Exception {
    node.addPool("six", FakeIpam.BLOCK_IPV6);
    put(Namespace.of("shop").withAnnotations(Map.of(PREFIX + "ipv4pools", "[\"six\"]")));

    assertError(
        7,
        "annotation cni.projectcalico.org/ipv4pools of namespace shop: six is fd00:65::/122"
            + " (expected: a pool of IPv4)",
        TestNode.call(Verb.ADD, "c", POD, Map.of()));
  }

  @Test
  void saysWhoAskedForThePoolsThatFail() throws Exception {
    put(Namespace.of("shop").withAnnotations(Map.of(PREFIX + "ipv4pools", "[\"space\"]")));
    node.ipam.refuse(Reason.NO_POOL);

    assertError(
        101,
        "refused by the test; asked for: space by annotation cni.projectcalico.org/ipv4pools of"
            + " namespace shop",
        TestNode.call(Verb.ADD, "c", POD, Map.of()));
  }

  @Test
  void refusesWhenEveryFamilyIsSwitchedOff() throws Exception {
    String ipam = "{\"assign_ipv4\":\"false\",\"assign_ipv6\":\"false\"}";

    assertError(7, "one of them at least", TestNode.call(Verb.ADD, "c", POD, Map.of("ipam", ipam)));
  }

  @Test
  void takesGivenAddressesPastTheIpam() throws Exception {
    RawCall add = given("192.0.2.7", "true", "c");

    JsonObject result = TestNode.json(node.run(add));

    assertTrue(result.get("ips").toString().contains("192.0.2.7/32"), result.toString());
    assertEquals(List.of(), node.ipam.held(IpFamily.IPV4));
    WorkloadEndpoint endpoint =
        WorkloadEndpoint.parse(node.store.list(WorkloadEndpoint.KIND).entries().get(0).json());
    assertEquals("true", endpoint.metadata().annotations().get("margay.io/no-ipam"));
    RawCall check = TestNode.call(Verb.CHECK, "c", POD, Map.of("prevResult", result.toString()));
    assertEquals("", TestNode.text(node.run(check)));
    assertEquals(0, node.run(add).status());

    node.run(TestNode.call(Verb.DEL, "c", POD, Map.of()));
    assertEquals(List.of(), node.remains());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "192.0.2.7 | false | 2 | feature_control.ip_addrs_no_ipam",
        "10.65.0.9 | true  | 101 | 10.65.0.9 (expected: an address of no pool: pool pool-ipv4",
        "192.0.2.8 | true  | 101 | 192.0.2.8 (expected: another one: WorkloadEndpoint/shop/",
      })
  void refusesGivenAddresses(String address, String allowed, int code, String why)
      throws Exception {
    Map<String, String> args = Map.of("CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart-1");
    node.run(TestNode.call(Verb.ADD, "other", args, members("192.0.2.8", "true")));

    Answer answer = node.run(given(address, allowed, "c"));

    assertEquals(code, TestNode.json(answer).get("code").getAsInt(), TestNode.text(answer));
    assertTrue(TestNode.text(answer).contains(why), TestNode.text(answer));
    assertEquals(1, node.store.list(WorkloadEndpoint.KIND).entries().size());
  }

  @Test
  void requestsOfOnePodStayTheSame() throws Exception {
    node.run(TestNode.call(Verb.ADD, "c", POD, Map.of()));
    AddressRequest first = node.ipam.lastRequest();

    node.run(TestNode.call(Verb.ADD, "c", POD, Map.of()));

    assertEquals(first, node.ipam.lastRequest());
  }

  private static RawCall given(String address, String allowed, String container) {
    return TestNode.call(Verb.ADD, container, POD, members(address, allowed));
  }

  private static Map<String, String> members(String address, String allowed) {
    return Map.of(
        "runtimeConfig",
        podAnnotations(Map.of("ipAddrsNoIpam", "[\"" + address + "\"]")),
        "feature_control",
        "{\"ip_addrs_no_ipam\":" + allowed + "}");
  }

  private static String podAnnotations(Map<String, String> annotations) {
    JsonObject pod = new JsonObject();
    annotations.forEach((key, value) -> pod.addProperty(PREFIX + key, value));
    JsonObject runtime = new JsonObject();
    runtime.add("io.kubernetes.cri.pod-annotations", pod);
    return runtime.toString();
  }

  private void assertError(int code, String message, RawCall call) throws Exception {
    Answer answer = node.run(call);
    assertEquals(code, TestNode.json(answer).get("code").getAsInt(), TestNode.text(answer));
    String text = TestNode.json(answer).get("msg").getAsString();
    assertTrue(text.contains(message), text);
    assertEquals(List.of(), node.remains());
  }

  private void put(Resource resource) throws Exception {
    node.store.put(resource.key(), resource.toJson(), Expected.ANY);
  }
}
