// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A lab whose addresses are broken by hand: {@code ipam:check} names what is wrong, and puts right
 * what no pod is hurt by. Reconcilers look but once here, soon after their start, so that they are
 * not faster.
 */
class IpamCheckIT {
  /** The agent looks 5 s after its bundle's start. */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(10);

  private static Lab lab;
  private static Pod gone;

  private Pod pod;
  private List<String> addresses;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(3, "46", Map.of("io.margay.ipam.reconciler.cfg", "intervalSeconds = 3600\n"));
    gone = lab.pod("node3");
    gone.add();
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @BeforeEach
  void aPod() {
    Lab.await("node2 has looked", () -> lab.uptime("node2").compareTo(FIRST_LOOK) > 0);
    pod = lab.pod("node2");
    addresses = StoredAddresses.canonical(pod.add());
    assertClean();
  }

  @AfterEach
  void delete() {
    pod.del();
    assertClean();
  }

  @Test
  void aPodWhoseLinkIsGoneKeepsItsAddressesUntilTheRuntimeForgetsIt() {
    lab.remove(pod);

    assertFinds("addresses", "which has no link");
    assertTrue(check("--repair").output().contains("kept: the runtime has the pod"));
    assertEquals(addresses, held());
    lab.stop("node2");
    lab.start("node2"); // It has heard nothing of the pod.
    check("--repair").orFail();

    assertEquals(List.of(), held());
    assertClean();
  }

  @Test
  void aLostHandle() {
    delete("ipamhandle", pod.handle());

    assertFinds("addresses", "there is no such handle");
    check("--repair").orFail();

    assertEquals(addresses, held());
  }

  @Test
  void aLostBlock() {
    delete("ipamblock", block());

    assertFinds("affinity of node node2", "there is no such block");
    assertFinds("address " + addresses.get(0), "held by nobody");
    check("--repair");
    check("--repair");

    assertEquals(addresses, held());
  }

  @Test
  void aLostAffinity() {
    delete("blockaffinity", "node2-" + block());

    assertFinds("block", "which has no confirmed affinity to it");
    check("--repair").orFail();
  }

  @Test
  void aLostEndpoint() {
    String endpoint =
        lab.documents("node1", "workloadendpoint").stream()
            .filter(document -> document.toString().contains(pod.netns()))
            .map(document -> document.getAsJsonObject("metadata").get("name").getAsString())
            .findFirst()
            .orElseThrow();
    delete("workloadendpoint", "default/" + endpoint);

    assertFinds("link cali", "has no endpoint in the store");
    assertNotEquals(0, check("--repair").exitCode());
    assertEquals(addresses, held());
    pod.add();
  }

  @Test
  void anAddressReleasedByHandWhileAPodHasIt() {
    String address = addresses.get(0);
    Result refused = lab.client("node1", "", "exec", "ipam:release " + address);
    assertNotEquals(0, refused.exitCode());
    assertTrue(refused.output().contains("in use by WorkloadEndpoint/default/"), refused.output());

    lab.client("node1", "", "exec", "ipam:release --force " + address).orFail();

    assertFinds("address " + address, "held by nobody");
    check("--repair").orFail();
    assertEquals(addresses, held());
  }

  /** What a machine held that is gone, though not while its agent is merely dead. */
  @Test
  void aDeletedNodeIsFreedWithAllThatItHeld() {
    assertTrue(lab.client("node1", "", "exec", "node:delete node3").output().contains("its agent"));
    lab.kill("node3");
    assertClean();
    assertTrue(text("ipamblock").contains("node3"));

    String said = lab.client("node1", "", "exec", "node:delete node3").orFail();

    assertTrue(said.contains("with it 1 endpoint"), said);
    for (String kind :
        List.of("node", "ipamblock", "blockaffinity", "workloadendpoint", "nodemodestatus")) {
      assertTrue(!text(kind).contains("node3"), kind);
    }
    assertClean();

    lab.start("node3"); // The machine is back, with its pod, of which only its kernel knows.
    Result result = lab.client("node3", "", "exec", "ipam:check");
    assertTrue(result.output().contains("has no endpoint in the store"), result.output());
    gone.del();
    lab.client("node3", "", "exec", "ipam:check").orFail();
    gone.add();
  }

  // ---- how it is looked at

  private List<String> held() {
    return StoredAddresses.canonical(StoredAddresses.of(lab, "node1").of(pod.handle()));
  }

  private static Result check(String... options) {
    return lab.client("node2", "", "exec", "ipam:check " + String.join(" ", options));
  }

  private static void assertClean() {
    Lab.await("ipam:check finds nothing", () -> check().exitCode() == 0);
  }

  private static void assertFinds(String object, String problem) {
    Result result = check();
    assertEquals(1, result.exitCode(), result.output());
    assertTrue(
        result.lines().stream().anyMatch(l -> l.startsWith(object) && l.contains(problem)),
        result.output());
  }

  private static String text(String kind) {
    return lab.documents("node1", kind).toString();
  }

  private static void delete(String kind, String name) {
    lab.client("node1", "", "delete", kind, name).orFail();
  }

  /** Name of node2's block of the IPv4 pool. */
  private static String block() {
    return lab.documents("node1", "ipamblock").stream()
        .map(document -> document.getAsJsonObject("spec"))
        .filter(spec -> spec.get("affinity").getAsString().equals("host:node2"))
        .map(spec -> spec.get("cidr").getAsString())
        .filter(cidr -> !cidr.contains(":"))
        .map(cidr -> cidr.replaceAll("[./]", "-"))
        .findFirst()
        .orElseThrow();
  }
}
