// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Pods move to another pool, and every node tells its way to them. */
class PoolMigrateIT {
  private static final String OLD = "default-ipv4-ippool";

  @Test
  void podsThatAreMadeAnewMoveAndTheOldPoolGoes() throws Exception {
    try (Lab lab = Lab.up(2, "4")) {
      exec(lab, "pool:create blue --cidr 10.65.0.0/24 --block-size 28").orFail();
      lab.run("pod", "add", "node1", "web", "--annotation", annotation(OLD)).orFail();
      lab.run("pod", "add", "node2", "db", "--annotation", annotation(OLD)).orFail();

      Result refused = exec(lab, "resource:delete ippool " + OLD);
      assertEquals(1, refused.exitCode());
      assertTrue(refused.output().contains("of pod default/db on node2"), refused.output());

      exec(lab, "pool:migrate " + OLD + " blue --wait 0s").orFail();
      String plan = exec(lab, "pool:migrate " + OLD + " blue --plan").orFail();
      assertTrue(plan.contains("2 addresses to move"), plan);
      for (String node : List.of("node1", "node2")) {
        String pod = node.equals("node1") ? "web" : "db";
        lab.run("pod", "del", pod).orFail();
        lab.run("pod", "add", node, pod).orFail();
      }
      String end = exec(lab, "pool:migrate " + OLD + " blue --wait 30s").orFail();

      assertTrue(end.contains("is empty and deleted, 2 blocks given back"), end);
      assertEquals(1, lab.documents("node1", "ippool").size());
      Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
      assertEveryNodeTellsItsRoute(lab);
    }
  }

  private static void assertEveryNodeTellsItsRoute(Lab lab) {
    String[] show = {"ip", "-n", lab.netns("web"), "-4", "-br", "address", "show", "dev", "eth0"};
    String web = Shell.run(show).orFail().split("\\s+")[2].replaceAll("/.*", "");

    JsonObject told = lab.rows("node2", "ipam:why " + web).get(0);

    assertEquals("POD", told.get("state").getAsString());
    assertEquals(web + " is held by pod default/web on node1", told.get("sentence").getAsString());
    Map<String, String> devices = new TreeMap<>();
    for (var route : told.getAsJsonArray("routes")) {
      JsonObject of = route.getAsJsonObject();
      String text = of.get("route").getAsString();
      devices.put(of.get("node").getAsString(), text.replaceAll(".* dev (\\S+).*", "$1"));
    }
    assertEquals(
        Map.of("node1", deviceTo(lab, "node1", web), "node2", deviceTo(lab, "node2", web)),
        devices);
  }

  private static String deviceTo(Lab lab, String node, String address) {
    return lab.kernel(node).ip("route", "get", address).replaceAll("(?s).* dev (\\S+).*", "$1");
  }

  private static String annotation(String pool) {
    return "cni.projectcalico.org/ipv4pools=[\"" + pool + "\"]";
  }

  private static Result exec(Lab lab, String line) {
    return lab.client("node1", "", "exec", line);
  }
}
