// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
    addFrom("192.168.", "node1", "plain");
    addFrom("10.65.", "node1", "cart", "--namespace", "shop");

    exec("pool:create public --cidr 10.66.0.0/24 --block-size 28 --assignment-mode Manual");
    addFrom("10.66.0.", "node1", "front", "--annotation", POOLS + "[\"public\"]");
    exec("namespace:annotate shop '" + POOLS + "[\"public\"]'");
    String web = addFrom("10.66.0.", "node2", "web", "--namespace", "shop");
    String blue = POOLS + "[\"blue\"]";
    String intern =
        addFrom("10.65.", "node2", "intern", "--namespace", "shop", "--annotation", blue);
    String fixed = "cni.projectcalico.org/ipAddrs=[\"10.66.0.77\"]";
    addFrom("10.66.0.77", "node2", "fixed", "--annotation", fixed);
    exec("namespace:annotate shop cni.projectcalico.org/ipv4pools-");
    addFrom("10.65.", "node2", "again", "--namespace", "shop");

    exec("pool:create attic --cidr 10.67.0.0/16 --node-selector 'rack == \"b\"'");
    exec("node:label node2 rack=b");
    String up = addFrom("10.67.", "node2", "up");
    addFrom("192.168.", "node1", "down");

    for (String address : List.of(web, intern, up, "10.66.0.77")) {
      Lab.await("plain reaches " + address, () -> ping("plain", address));
    }
  }

  @Test
  void anAddSaysWhyThereIsNoPool() {
    exec("pool:create blue --cidr 10.65.0.0/16 --assignment-mode Manual");
    exec("pool:create attic --cidr 10.67.0.0/16 --node-selector 'rack == \"b\"'");
    exec("pool:disable default-ipv4-ippool");

    String rules = refused("default-ipv4-ippool (192.168.0.0/16): it is disabled", "a");
    assertTrue(rules.contains("blue (10.65.0.0/16): its assignmentMode is Manual"), rules);
    assertTrue(rules.contains("rack == \"b\" does not select node node1"), rules);

    exec("pool:disable blue");
    String named =
        refused("blue (10.65.0.0/16): it is disabled", "b", "--annotation", POOLS + "[\"blue\"]");
    assertTrue(named.contains("asked for: blue by annotation"), named);
    refused(
        "pool none: there is none of this name or CIDR", "c", "--annotation", POOLS + "[\"none\"]");
    assertEquals(Map.of(), StoredAddresses.of(lab, "node1").blocks());
  }

  private void exec(String command) {
    lab.client("node1", "", "exec", command).orFail();
  }

  /**
   * Adds a pod, anew until it has an address of a range, because the node hears by a watch of what
   * was changed; its address.
   */
  private String addFrom(String range, String node, String pod, String... options) {
    AtomicReference<String> address = new AtomicReference<>();
    Lab.await(
        "an address of " + range + " on " + node,
        () -> {
          Result result = run(node, pod, options);
          if (result.exitCode() == 0) {
            address.set(result.output().strip().split("\\s+")[1]);
            if (address.get().startsWith(range)) {
              return true;
            }
          }
          lab.run("pod", "del", pod).orFail();
          return false;
        });
    return address.get();
  }

  /** Tries to add a pod on node1 until it is refused for a reason; all that is said. */
  private String refused(String reason, String pod, String... options) {
    AtomicReference<String> said = new AtomicReference<>();
    Lab.await(
        "refused: " + reason,
        () -> {
          Result result = run("node1", pod, options);
          said.set(result.output());
          boolean isRefused = result.exitCode() != 0 && said.get().contains(reason);
          lab.run("pod", "del", pod).orFail();
          return isRefused;
        });
    return said.get();
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
}
