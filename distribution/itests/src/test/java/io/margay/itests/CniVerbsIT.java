// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.margay.itests.Pod.Answer;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** CHECK, STATUS and what annotations ask for, in the kernel of a node. */
class CniVerbsIT {
  private static Lab lab;

  @BeforeAll
  static void oneNode() throws IOException {
    lab = Lab.up(1, "46");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void checkAcceptsWhatAddMadeAndNamesWhatIsMissing() {
    Pod pod = lab.pod("node1");
    Answer added = pod.call("ADD");
    assertEquals(0, added.status(), added.output());
    Map<String, JsonElement> result = Map.of("prevResult", added.json());
    assertEquals(new Answer(0, ""), pod.call("CHECK", result));

    Shell.run("ip", "-n", pod.netns(), "link", "set", "eth0", "down").orFail();

    Answer broken = pod.call("CHECK", result);
    assertEquals(103, broken.code(), broken.output());
    assertTrue(broken.output().contains("link eth0 is down"), broken.output());
    assertEquals(added, pod.call("ADD"));
    assertEquals(new Answer(0, ""), pod.call("CHECK", result));
    lab.remove(pod);
  }

  @Test
  void checkFindsTheHostsSideRepaired() {
    Pod pod = lab.pod("node1");
    Answer added = pod.call("ADD");
    String address = added.addresses().get(0);
    Shell.run("ip", "-n", lab.netns("node1"), "route", "del", address).orFail();

    Lab.await(
        "repaired and found so",
        () -> pod.call("CHECK", Map.of("prevResult", added.json())).status() == 0);
    assertTrue(
        Shell.run("ip", "-n", lab.netns("node1"), "route", "show", address)
            .orFail()
            .contains("cali"));
    lab.remove(pod);
  }

  @Test
  void limitsBothDirections() {
    Pod pod = lab.pod("node1");
    Map<String, JsonElement> annotations =
        annotated(
            "{\"kubernetes.io/ingress-bandwidth\":\"8M\",\"kubernetes.io/egress-bandwidth\":\"4M\"}");

    Answer added = pod.call("ADD", annotations);

    assertEquals(0, added.status(), added.output());
    assertTrue(qdisc(pod.netns(), "eth0").contains("rate 4Mbit"), qdisc(pod.netns(), "eth0"));
    String host = hostLink(added);
    assertTrue(qdisc(lab.netns("node1"), host).contains("rate 8Mbit"), host);
    Map<String, JsonElement> result = new HashMap<>(annotations);
    result.put("prevResult", added.json());
    assertEquals(new Answer(0, ""), pod.call("CHECK", result));
    Shell.run("tc", "-n", lab.netns("node1"), "qdisc", "del", "dev", host, "root").orFail();
    Answer broken = pod.call("CHECK", result);
    assertTrue(broken.output().contains("qdisc dev " + host + " root tbf"), broken.output());
    lab.remove(pod);
  }

  @Test
  void sendsFromOtherAddressesOnlyWhereThatIsAllowed() {
    Pod pod = lab.pod("node1");
    Answer added =
        pod.call(
            "ADD",
            annotated(
                "{\"cni.projectcalico.org/allowedSourcePrefixes\":\"[\\\"192.0.2.0/24\\\"]\"}"));
    assertEquals(0, added.status(), added.output());
    String table = "nft list table inet margay";
    assertTrue(!inNode(table).contains("192.0.2.0/24"));

    spoofing("Any");

    Lab.await("prefix allowed", () -> inNode(table).contains("192.0.2.0/24"));
    assertEquals(new Answer(0, ""), pod.call("CHECK", Map.of("prevResult", added.json())));
    spoofing("Disabled");
    Lab.await("prefix no longer allowed", () -> !inNode(table).contains("192.0.2.0/24"));
    lab.remove(pod);
  }

  @Test
  void statusIsSilentWhenPodsCanBeAdded() {
    Pod pod = lab.pod("node1");

    assertEquals(new Answer(0, ""), pod.call("STATUS"));
    lab.remove(pod);
  }

  private static void spoofing(String value) {
    String document =
        """
        {"apiVersion":"projectcalico.org/v3","kind":"FelixConfiguration","metadata":{"name":"default"},
         "spec":{"workloadSourceSpoofing":"%s"}}
        """
            .formatted(value);
    lab.client("node1", document, "apply", "-f", "-").orFail();
  }

  private static Map<String, JsonElement> annotated(String annotations) {
    String runtime = "{\"io.kubernetes.cri.pod-annotations\":" + annotations + "}";
    return Map.of("runtimeConfig", JsonParser.parseString(runtime));
  }

  private static String hostLink(Answer added) {
    return added
        .json()
        .getAsJsonArray("interfaces")
        .get(0)
        .getAsJsonObject()
        .get("name")
        .getAsString();
  }

  private static String qdisc(String netns, String link) {
    return Shell.run("tc", "-n", netns, "qdisc", "show", "dev", link, "root").orFail();
  }

  private static String inNode(String command) {
    String[] words = ("ip netns exec " + lab.netns("node1") + " " + command).split(" ");
    return Shell.run(words).orFail();
  }
}
