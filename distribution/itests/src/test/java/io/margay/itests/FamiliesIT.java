// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nodes that have addresses of one family only. Those with both are everywhere else. */
class FamiliesIT {
  @ParameterizedTest
  @CsvSource({"4, 6", "6, 4"})
  void podsTalkInTheOnlyFamily(String family, String other) throws Exception {
    try (Lab lab = Lab.up(2, family)) {
      Pod near = lab.pod("node1");
      Pod beside = lab.pod("node1");
      Pod far = lab.pod("node2");
      near.add();
      String besideAddress = onlyAddress(beside);
      String farAddress = onlyAddress(far);

      assertTrue(near.reaches(besideAddress));
      Lab.await("pings between the nodes", () -> near.reaches(farAddress));

      assertEquals(1, lab.rows("node1", "pool:list").size());
      assertEquals("", lab.kernel("node1").ip("-" + other, "route", "show", "proto", "80"));
      assertEquals(
          List.of(),
          lab.rows("node1", "margay:health").stream().filter(FamiliesIT::isBad).toList());
      far.del();
      assertEquals(List.of(), lab.kernel("node2").podObjects());
    }
  }

  private static String onlyAddress(Pod pod) {
    List<String> addresses = pod.add();
    assertEquals(1, addresses.size(), addresses.toString());
    return addresses.get(0);
  }

  private static boolean isBad(JsonObject row) {
    return !row.get("status").getAsString().equals("OK");
  }
}
