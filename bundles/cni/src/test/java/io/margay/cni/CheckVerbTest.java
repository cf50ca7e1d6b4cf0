// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Workload;
import io.margay.api.net.MacAddress;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clauses P25 to P32. What the plumber compares is tested there. */
class CheckVerbTest {
  private static final RawCall ADD = TestNode.call(Verb.ADD);

  private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:09");

  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    node = new TestNode();
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @ParameterizedTest
  @CsvSource({"1.1.0", "1.0.0", "0.4.0"})
  void checkAcceptsWhatAddMade(String version) throws Exception {
    byte[] input = TestNode.bytes(TestNode.text(ADD).replace("1.1.0", version));
    String result = ok(node.run(new RawCall(ADD.environment(), input)));
    RawCall check = TestNode.call(Verb.CHECK, "0a1b2c", Map.of(), Map.of("prevResult", result));

    assertEquals("", ok(node.run(check)));
  }

  @Test
  void checkNeedsTheResult() throws Exception {
    node.run(ADD);

    assertError(7, "prevResult", node.run(TestNode.call(Verb.CHECK)));
  }

  @Test
  void checkFindsAMissingLink() throws Exception {
    RawCall check = checkAfterAdd();
    node.plumber.links.clear();

    assertError(103, "differs", node.run(check));
  }

  @Test
  void checkFindsAMissingDocument() throws Exception {
    RawCall check = checkAfterAdd();
    node.store.delete(
        new Key(WorkloadEndpoint.KIND, "default", "node1-cni-0a1b2c-eth0"), Expected.ANY);

    assertError(103, "WorkloadEndpoint", node.run(check));
  }

  @Test
  void checkFindsALostAddress() throws Exception {
    RawCall check = checkAfterAdd();
    node.store.delete(Key.of(IpamHandle.KIND, "net.0a1b2c"), Expected.ANY);

    assertError(103, "not assigned", node.run(check));
  }

  @Test
  void checkFindsAnAddressMissingInTheResult() throws Exception {
    node.run(ADD);
    RawCall check =
        TestNode.call(
            Verb.CHECK, "0a1b2c", Map.of(), Map.of("prevResult", "{\"interfaces\":[],\"ips\":[]}"));

    assertError(103, "not listed", node.run(check));
  }

  @Test
  void checkFindsAnInterfaceMissingInTheResult() throws Exception {
    String result = ok(node.run(ADD)).replace("\"name\":\"eth0\"", "\"name\":\"eth9\"");

    assertError(103, "interface eth0", node.run(check(result)));
  }

  @Test
  void checkFindsMissingHostRoutes() throws Exception {
    RawCall check = checkAfterAdd();
    node.agent.wired.clear();

    assertError(103, "host side of net.0a1b2c: + ", node.run(check));
  }

  @Test
  void checkSaysThatTheKernelDoesNotAnswer() throws Exception {
    RawCall check = checkAfterAdd();
    node.agent.kernel = new CompletableFuture<>();
    node.patience = Duration.ofMillis(1);

    assertError(11, "in time", node.run(check));
  }

  @Test
  void checkSaysThatTheAgentCannotCheck() throws Exception {
    RawCall check = checkAfterAdd();
    node.services.plumber().unbind(node.plumber);
    node.patience = Duration.ZERO;

    assertError(11, "plumber", node.run(check));
  }

  @Test
  void checkExpectsWhatLaterPluginsListInTheResult() throws Exception {
    String result = ok(node.run(ADD));
    String changed =
        result
            .replaceFirst(
                "(eth0\",\"mac\":\")[0-9a-f:]+(\",\"mtu\":)\\d+", "$102:00:00:00:00:09$21400")
            .replace("\"routes\":[", "\"routes\":[{\"dst\":\"192.0.2.0/24\"},");
    Workload made = node.plumber.links.get("net.0a1b2c");
    node.plumber.links.put("net.0a1b2c", made.withPodMac(MAC));
    node.plumber.podMtus.put("net.0a1b2c", 1400);

    assertEquals("", ok(node.run(check(changed))));
    assertError(103, "differs", node.run(check(result)));
  }

  @Test
  void checkFollowsTheNodesMtuAndNotTheResults() throws Exception {
    RawCall check = checkAfterAdd();
    Workload made = node.plumber.links.get("net.0a1b2c");
    Workload resized = withMtu(made, 8950);
    node.agent.podMtuBytes = 8950;
    assertError(103, "differs", node.run(check));

    node.plumber.links.put("net.0a1b2c", resized);

    assertEquals("", ok(node.run(check)));
  }

  private static Workload withMtu(Workload made, int mtuBytes) {
    return new Workload(
        made.handle(),
        made.hostLink(),
        made.namespace(),
        made.podLink(),
        made.addresses(),
        mtuBytes,
        made.podMac());
  }

  private RawCall checkAfterAdd() {
    return check(ok(node.run(ADD)));
  }

  private static RawCall check(String result) {
    return TestNode.call(Verb.CHECK, "0a1b2c", Map.of(), Map.of("prevResult", result));
  }

  private static String ok(Answer answer) {
    assertEquals(0, answer.status(), TestNode.text(answer));
    return TestNode.text(answer);
  }

  private static void assertError(int code, String message, Answer answer) {
    assertEquals(1, answer.status());
    assertEquals(code, TestNode.json(answer).get("code").getAsInt(), TestNode.text(answer));
    String text = TestNode.json(answer).get("msg").getAsString();
    assertTrue(text.contains(message), text);
  }
}
