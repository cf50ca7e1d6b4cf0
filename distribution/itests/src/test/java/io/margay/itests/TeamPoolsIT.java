// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tour of docs/team-pools.md: pools by namespace, by annotation and by node label. */
class TeamPoolsIT {
  private static final String POOLS = "cni.projectcalico.org/ipv4pools=";

  private Lab lab;

  @BeforeEach
  void twoNodes() throws IOException {
    lab = Lab.up(2, "4");
  }

  @AfterEach
  void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void podsGetAddressesOfTheirTeamsPool() {
    exec(
        "pool:create blue --cidr 10.65.0.0/16 --allowed-uses Workload"
            + " --namespace-selector 'team == \"blue\"'");
    exec("namespace:create shop team=blue");
    String plain = add("node1", "plain");
    assertFrom("192.168.", plain);
    addOnceKnown("10.65.", "node1", "cart", "--namespace", "shop");

    exec("pool:create public --cidr 10.66.0.0/24 --block-size 28 --assignment-mode Manual");
    assertFrom("10.66.0.", add("node1", "front", "--annotation", POOLS + "[\"public\"]"));
    exec("namespace:annotate shop '" + POOLS + "[\"public\"]'");
    String web = add("node2", "web", "--namespace", "shop");
    assertFrom("10.66.0.", web);
    String intern =
        add("node2", "intern", "--namespace", "shop", "--annotation", POOLS + "[\"blue\"]");
    assertFrom("10.65.", intern);
    String fixed = "cni.projectcalico.org/ipAddrs=[\"10.66.0.77\"]";
    assertEquals("10.66.0.77", add("node2", "fixed", "--annotation", fixed));
    exec("namespace:annotate shop cni.projectcalico.org/ipv4pools-");
    assertFrom("10.65.", add("node2", "again", "--namespace", "shop"));

    exec("pool:create attic --cidr 10.67.0.0/16 --node-selector 'rack == \"b\"'");
    exec("node:label node2 rack=b");
    String up = addOnceKnown("10.67.", "node2", "up");
    assertFrom("192.168.", add("node1", "down"));

    for (String address : List.of(web, intern, up, "10.66.0.77")) {
      Lab.await("plain reaches " + address, () -> ping("plain", address));
    }
  }

  @Test
  void anAddSaysWhyThereIsNoPool() {
    exec("pool:create blue --cidr 10.65.0.0/16 --assignment-mode Manual");
    exec("pool:create attic --cidr 10.67.0.0/16 --node-selector 'rack == \"b\"'");
    exec("pool:disable default-ipv4-ippool");

    String rules = refused("node1", "a");
    assertTrue(rules.contains("default-ipv4-ippool (192.168.0.0/16): it is disabled"), rules);
    assertTrue(rules.contains("blue (10.65.0.0/16): its assignmentMode is Manual"), rules);
    assertTrue(rules.contains("rack == \"b\" does not select node node1"), rules);

    exec("pool:disable blue");
    String named = refused("node1", "b", "--annotation", POOLS + "[\"blue\"]");
    assertTrue(named.contains("blue (10.65.0.0/16): it is disabled"), named);
    assertTrue(named.contains("asked for: blue by annotation"), named);
    assertTrue(
        refused("node1", "c", "--annotation", POOLS + "[\"none\"]")
            .contains("pool none: there is none of this name or CIDR"));
    assertEquals(Map.of(), StoredAddresses.of(lab, "node1").blocks());
  }

  private void exec(String command) {
    lab.client("node1", "", "exec", command).orFail();
  }

  /** Adds a pod; its address. */
  private String add(String node, String pod, String... options) {
    return run(node, pod, options).orFail().strip().split("\\s+")[1];
  }

  /**
   * Adds a pod anew until it has an address of a range, because the node hears of it by a watch.
   */
  private String addOnceKnown(String range, String node, String pod, String... options) {
    AtomicReference<String> address = new AtomicReference<>();
    Lab.await(
        "an address of " + range + " on " + node,
        () -> {
          address.set(add(node, pod, options));
          boolean isRight = address.get().startsWith(range);
          if (!isRight) {
            lab.run("pod", "del", pod).orFail();
          }
          return isRight;
        });
    return address.get();
  }

  private String refused(String node, String pod, String... options) {
    Result result = run(node, pod, options);
    assertNotEquals(0, result.exitCode());
    return result.output();
  }

  private Result run(String node, String pod, String... options) {
    List<String> words = new ArrayList<>(List.of("pod", "add", node, pod));
    words.addAll(List.of(options));
    return lab.run(words.toArray(String[]::new));
  }

  private boolean ping(String pod, String address) {
    String[] ping = {"ip", "netns", "exec", lab.netns(pod), "ping", "-nqc1", "-W1", address};
    return Shell.run(ping).exitCode() == 0;
  }

  private static void assertFrom(String range, String address) {
    assertTrue(address.startsWith(range), address);
  }
}
