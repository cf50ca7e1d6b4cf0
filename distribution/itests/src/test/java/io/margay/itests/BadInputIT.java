// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong is refused with a code and a reason, and changes nothing. */
class BadInputIT {
  private static final String NODE = "node1";
  private static final String CONFIG =
      "{'cniVersion':'1.0.0','name':'itests','type':'margay-cni'%s}";

  private static Lab lab;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(1, "46");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{                                                                | 6 | cannot be decoded",
        "``                                                               | 6 | not one JSON"
            + " object",
        "[]                                                               | 6 | not one JSON"
            + " object",
        "{'cniVersion':'1.0.0','type':'margay-cni'}                       | 7 | name",
        "{'cniVersion':'1.0.0','name':'-x','type':'margay-cni'}           | 7 | -x",
        "{'cniVersion':'9.9.9','name':'itests','type':'margay-cni'}       | 1 | 9.9.9",
        "{'cniVersion':'1.0.0','name':'itests','type':'margay-cni','mtu':'x'} | 7 | mtu",
        "{'cniVersion':'1.0.0','name':'itests','type':'margay-cni','mtu':12}  | 7 | mtu"
      })
  void refusesAConfiguration(String config, int code, String reason) {
    Pod pod = lab.pod(NODE);

    Pod.Answer answer = pod.relay(pod.environment("ADD"), config.replace('\'', '"'));

    assertRefused(pod, answer, code, reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        "ADD     | CNI_COMMAND     | ''                  | 4",
        "ADD     | CNI_COMMAND     | add                 | 4",
        "ADD     | CNI_COMMAND     | REMOVE              | 4",
        "ADD     | CNI_CONTAINERID | ''                  | 4",
        "ADD     | CNI_CONTAINERID | a/b                 | 4",
        "ADD     | CNI_NETNS       | ''                  | 4",
        "ADD     | CNI_NETNS       | /run/netns/none-such | 4",
        "ADD     | CNI_IFNAME      | ''                  | 4",
        "ADD     | CNI_IFNAME      | name-of-16-bytes    | 4",
        "ADD     | CNI_IFNAME      | ..                  | 4",
        "ADD     | CNI_ARGS        | nonsense            | 4",
        "DEL     | CNI_CONTAINERID | ''                  | 4",
        "DEL     | CNI_IFNAME      | ''                  | 4",
        "CHECK   | CNI_NETNS       | ''                  | 4",
        "GC      | CNI_PATH        | ''                  | 4"
      })
  void refusesAVariable(String verb, String variable, String value, int code) {
    Pod pod = lab.pod(NODE);
    Map<String, String> environment = pod.environment(verb);
    environment.put(variable, value);

    Pod.Answer answer = pod.relay(environment, CONFIG.formatted("").replace('\'', '"'));

    assertRefused(pod, answer, code, variable);
  }

  @Test
  void refusesALinkThatIsThereAlready() {
    Pod pod = lab.pod(NODE);
    Shell.run("ip", "-n", pod.netns(), "link", "add", "eth0", "type", "bridge").orFail();

    Pod.Answer answer = pod.call("ADD");

    assertRefused(pod, answer, 102, "eth0");
    String link = Shell.run("ip", "-n", pod.netns(), "-d", "link", "show", "eth0").orFail();
    assertTrue(link.contains("bridge"), link);
  }

  @Test
  void refusesACheckOfWhatNobodyAdded() {
    Pod pod = lab.pod(NODE);

    Pod.Answer answer = pod.call("CHECK");

    assertEquals(1, answer.status());
    assertTrue(answer.code() >= 7, answer.output());
  }

  private static void assertRefused(Pod pod, Pod.Answer answer, int code, String reason) {
    assertEquals(1, answer.status(), answer.output());
    assertEquals(code, answer.code(), answer.output());
    JsonObject json = answer.json();
    assertTrue(json.get("msg").getAsString().contains(reason), answer.output());
    assertTrue(json.has("cniVersion"), answer.output());
    assertEquals(List.of(), StoredAddresses.of(lab, NODE).of(pod.handle()));
    assertEquals(List.of(), lab.kernel(NODE).podObjects());
    assertEquals(List.of(), lab.spool(NODE));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.66.1.0/16   | 26  | no host bits set, as in 10.66.0.0/16",
        "fd66::1/64     | 122 | no host bits set, as in fd66::/64",
        "192.168.5.0/24 | 26  | no overlap with 192.168.0.0/16 of IPPool/default-ipv4-ippool",
        "192.0.0.0/8    | 26  | no overlap with 192.168.0.0/16 of IPPool/default-ipv4-ippool",
        "10.66.0.0/28   | 26  | room for one block",
        "fd66::/124     | 122 | room for one block",
        "10.66.0.0/16   | 33  | blockSize",
        "10.66.0.0/33   | 26  | 0..32",
        "nonsense       | 26  | such as 10.65.0.0/16"
      })
  void refusesAPool(String cidr, int blockSize, String reason) {
    String before = lab.documents(NODE, "ippool").toString();
    String yaml =
        """
        apiVersion: projectcalico.org/v3
        kind: IPPool
        metadata:
          name: bad
        spec:
          cidr: %s
          blockSize: %d
        """
            .formatted(cidr, blockSize);

    Result created =
        lab.client(
            NODE, "", "exec", "pool:create bad --cidr " + cidr + " --block-size " + blockSize);
    Result applied = lab.client(NODE, yaml, "apply", "-f", "-");

    for (Result result : List.of(created, applied)) {
      assertFalse(result.exitCode() == 0, result.output());
      assertTrue(result.output().contains(reason), result.output());
    }
    assertEquals(before, lab.documents(NODE, "ippool").toString());
  }
}
