// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each mode that has a tunnel, and the way between them, with two nodes in one subnet and one not.
 */
class ModesIT {
  @ParameterizedTest
  @CsvSource({
    "ipipMode, Always, tunl0 tunl0, eth0 eth0",
    "ipipMode, CrossSubnet, eth0 tunl0, eth0 eth0",
    "vxlanMode, Always, vxlan.calico vxlan.calico, vxlan-v6.calico vxlan-v6.calico",
    "vxlanMode, CrossSubnet, eth0 vxlan.calico, eth0 vxlan-v6.calico",
  })
  void podsReachEachOtherByTheDevicesOfTheMode(
      String field, String variant, String devices4, String devices6) throws Exception {
    try (Lab lab = Lab.up(3, "46", 2)) {
      lab.documents("node1", "ippool").stream().forEach(pool -> setMode(lab, pool, field, variant));
      for (String node : List.of("node1", "node2", "node3")) {
        lab.run("pod", "add", node, "of-" + node).orFail();
      }

      Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);

      String matrix = lab.run("ping").orFail();
      assertTrue(matrix.contains("IPv4: 9 of 9 pings answered"), matrix);
      assertTrue(matrix.contains("IPv6: 9 of 9 pings answered"), matrix);
      assertEquals(
          devices4, deviceTo(lab, "-4", "of-node2") + " " + deviceTo(lab, "-4", "of-node3"));
      assertEquals(
          devices6, deviceTo(lab, "-6", "of-node2") + " " + deviceTo(lab, "-6", "of-node3"));
      Result loss = lab.run("loss", "--pps", "600", "--seconds", "1");
      assertEquals(0, loss.exitCode(), loss.output());
      assertTrue(loss.output().contains("pod-outside-ipv6"), loss.output());
    }
  }

  private static boolean isIpv6(JsonObject pool) {
    return pool.getAsJsonObject("spec").get("cidr").getAsString().contains(":");
  }

  @Test
  void aPoolGoesThroughModesWithoutLoss() throws Exception {
    try (Lab lab = Lab.up(3, "4", 2)) {
      setMode(lab, lab.documents("node1", "ippool").get(0), "ipipMode", "Never");

      Result test =
          lab.run("switch-test", "--modes", "ipip,vxlan/CrossSubnet,direct", "--pps", "1000");

      assertEquals(0, test.exitCode(), test.output());
      assertTrue(test.output().contains("pod-outside-ipv4"), test.output());
      assertEquals("eth0", deviceTo(lab, "-4", "loss-node3"));
    }
  }

  /** IP-in-IP carries no IPv6. */
  private static void setMode(Lab lab, JsonObject pool, String field, String variant) {
    JsonObject spec = pool.getAsJsonObject("spec");
    spec.addProperty("natOutgoing", true);
    if (field.equals("vxlanMode") || !isIpv6(pool)) {
      spec.addProperty(field, variant);
    }
    lab.client("node1", pool.toString(), "apply", "-f", "-").orFail();
  }

  /** Where node1 sends what is for a pod. */
  private static String deviceTo(Lab lab, String family, String pod) {
    String[] show = {"ip", "-n", lab.netns(pod), family, "-br", "address", "show", "dev", "eth0"};
    String address = Shell.run(show).orFail().split("\\s+")[2].replaceAll("/.*", "");
    return lab.kernel("node1").ip("route", "get", address).replaceAll("(?s).* dev (\\S+).*", "$1");
  }
}
