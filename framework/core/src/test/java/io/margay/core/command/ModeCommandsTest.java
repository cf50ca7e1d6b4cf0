// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.Resource;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.StoreException;
import io.margay.core.TestMode;
import io.margay.core.query.QueryResponder;
import io.margay.core.switching.PlannedSwitch;
import io.margay.core.view.PoolMode;
import io.margay.core.view.Readers;
import io.margay.testkit.FakeStore;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModeCommandsTest {
  private static final Wire IPIP = new Wire("ipip");

  private final FakeStore store = new FakeStore(Runnable::run);
  private final TestOutput output = new TestOutput();
  private Revision pool;

  @BeforeEach
  void cluster() throws Exception {
    pool = put(IpPool.of("blue", Cidr.parse("10.65.0.0/16")));
    put(IpPool.of("six", Cidr.parse("fd00:65::/48")));
    put(Node.of("n1"));
    put(Node.of("n2"));
  }

  @Test
  void switchesThePoolAndRemembersWhereItCameFrom() throws Exception {
    run(modeSwitch(), Map.of("pool", "blue", "mode", "ipip/CrossSubnet", "wait", "0s"));

    assertEquals(PoolMode.parse("ipip/CrossSubnet"), Readers.mode(blue()));
    assertEquals(Optional.of("direct"), annotation(IpPool.PREVIOUS_MODE_ANNOTATION));
    assertEquals(Optional.empty(), annotation(IpPool.CONFIRM_ANNOTATION));
    assertEquals(
        "pool blue switched from direct to ipip/CrossSubnet: mode:status blue", output.text());
  }

  @Test
  void leavesAPoolAloneThatHasTheModeAlready() throws Exception {
    run(modeSwitch(), Map.of("pool", "blue", "mode", "direct", "wait", "0s"));

    assertEquals(
        pool, store.get(Key.of(IpPool.KIND, "blue")).orElseThrow().revision(), output.text());
    assertTrue(output.text().startsWith("pool blue has mode direct already"), output.text());
  }

  @Test
  void confirms() throws Exception {
    run(modeSwitch(), Map.of("pool", "blue", "mode", "ipip", "wait", "0s", "confirm", "60s"));
    assertTrue(annotation(IpPool.CONFIRM_ANNOTATION).isPresent());

    run(new ModeConfirm(store), Map.of("pool", "blue"));

    assertEquals(Optional.empty(), annotation(IpPool.CONFIRM_ANNOTATION));
    assertEquals("ipip", Readers.mode(blue()).toString());
    assertEquals("pool blue has nothing to confirm", refusal(new ModeConfirm(store), "blue"));
  }

  @Test
  void abortsOnce() throws Exception {
    run(modeSwitch(), Map.of("pool", "blue", "mode", "vxlan", "wait", "0s", "confirm", "60s"));

    run(new ModeAbort(store), Map.of("pool", "blue"));

    assertEquals(PoolMode.DIRECT, Readers.mode(blue()));
    assertEquals(Map.of(), blue().metadata().annotations());
    assertEquals("pool blue was not switched before", refusal(new ModeAbort(store), "blue"));
  }

  @Test
  void givesUpALostNode() throws Exception {
    run(new ModeRetire(store), Map.of("pool", "blue", "without", "n2"));

    assertEquals(Set.of("n2"), blue().retireWithout());
    CommandException refusal =
        assertThrows(
            CommandException.class,
            () -> run(new ModeRetire(store), Map.of("pool", "blue", "without", "n9")));
    assertEquals("--without: n9 (expected: one of n1, n2)", refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "green | ipip | 0s | there is no pool green",
        "blue | wireguard | 0s | mode: wireguard (expected: direct, ipip, vxlan, which bundles",
        "blue | ip ip | 0s | mode: ip ip (expected: a name such as direct",
        "six | ipip | 0s | Never: IPIP carries IPv4 only",
        "blue | ipip | soon | --wait: soon (expected: a time such as 60s, 5m or 1h)",
      })
  void refusesWhatCannotBe(String name, String mode, String wait, String expected) {
    CommandException refusal =
        assertThrows(
            CommandException.class,
            () -> run(modeSwitch(), Map.of("pool", name, "mode", mode, "wait", wait)));

    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
  }

  @Test
  void saysWhereEachNodeIs() throws Exception {
    put(PoolMode.parse("ipip").applyTo(IpPool.of("blue", Cidr.parse("10.65.0.0/16"))));
    pool = store.get(Key.of(IpPool.KIND, "blue")).orElseThrow().revision();

    assertEquals("SILENT", stateOfN1(null));
    assertEquals("BEHIND", stateOfN1(status(Revision.NONE, Set.of(), Set.of(IPIP))));
    assertEquals("MOVING", stateOfN1(status(pool, Set.of(IPIP), Set.of(IPIP, Wire.DIRECT))));
    Wire vxlan = new Wire("vxlan/4096/4789");
    assertEquals("LEAVING", stateOfN1(status(pool, Set.of(IPIP, vxlan), Set.of(IPIP))));
    assertEquals("THERE", stateOfN1(status(pool, Set.of(IPIP, Wire.DIRECT), Set.of(IPIP))));
  }

  @Test
  void namesWhoIsNotThereInTime() {
    CommandException refusal =
        assertThrows(
            CommandException.class,
            () -> run(modeSwitch(), Map.of("pool", "blue", "mode", "ipip", "wait", "1s")));

    assertTrue(refusal.getMessage().contains("0 of 2 nodes"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("n1 waits: no status yet"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("mode:abort blue"), refusal.getMessage());
  }

  @Test
  void plansOnEveryNode() throws Exception {
    PlannedSwitch free = planned(List.of(), List.of("the first"));
    List.of("n1", "n2").forEach(node -> answering(node, free));

    run(modePlan(), Map.of("pool", "blue", "mode", "ipip", "diff", ""));

    assertEquals(
        """
        n1: 2 changes, 1 of them routes; pods keep MTU 1430 (ipip carries 1480); no blockers
          note: the first
          + link tunl0
          ~ 10.65.0.0/26 via 172.18.0.3 dev tunl0
        """
            .strip(),
        output.text().split("\nn2: ")[0]);
    assertTrue(output.text().endsWith("no blockers: mode:switch blue ipip"), output.text());
  }

  @Test
  void namesWhatStandsAgainstASwitch() {
    answering("n1", planned(List.of("UDP port 4789 is in use"), List.of()));

    CommandException refusal =
        assertThrows(
            CommandException.class, () -> run(modePlan(), Map.of("pool", "blue", "mode", "vxlan")));

    assertEquals("2 blockers", refusal.getMessage());
    assertTrue(output.text().contains("  blocker: UDP port 4789 is in use"), output.text());
    assertTrue(output.text().contains("n2 does not answer: does its agent run?"), output.text());
    assertFalse(output.text().contains("+ link"), "only with --diff");
    assertEquals(
        "Never: IPIP carries IPv4 only",
        assertThrows(
                CommandException.class,
                () -> run(modePlan(), Map.of("pool", "six", "mode", "ipip")))
            .getMessage()
            .replaceAll(".*(Never: .* only).*", "$1"));
  }

  private ModePlan modePlan() {
    return new ModePlan(store, "n1", Duration.ofMillis(50));
  }

  private static PlannedSwitch planned(List<String> blockers, List<String> notes) {
    List<String> diff = List.of("+ link tunl0", "~ 10.65.0.0/26 via 172.18.0.3 dev tunl0");
    return new PlannedSwitch(1, 1430, 1480, diff, blockers, notes);
  }

  private void answering(String node, PlannedSwitch plan) {
    QueryResponder.Verb verb =
        new QueryResponder.Verb() {
          @Override
          public String name() {
            return PlannedSwitch.VERB;
          }

          @Override
          public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
            return CompletableFuture.completedFuture(plan.toMap());
          }
        };
    new QueryResponder(
            node,
            Runnable::run,
            (delay, task) -> {},
            Runnable::run,
            Clock.systemUTC(),
            List.of(verb))
        .bind(store);
  }

  private ModeSwitch modeSwitch() {
    return new ModeSwitch(
        store, List.of(new TestMode("direct"), new TestMode("ipip"), new TestMode("vxlan")));
  }

  private String refusal(Command command, String name) {
    return assertThrows(CommandException.class, () -> run(command, Map.of("pool", name)))
        .getMessage();
  }

  private void run(Command command, Map<String, String> arguments)
      throws CommandException, InterruptedException {
    command.run(new TestInvocation(arguments), output);
  }

  private String stateOfN1(NodeModeStatus status) throws Exception {
    if (status != null) {
      put(status);
    }
    return SwitchProgress.read(store, output).stream()
        .filter(row -> row.pool().equals("blue") && row.node().equals("n1"))
        .map(row -> row.state().name())
        .findFirst()
        .orElseThrow();
  }

  private static NodeModeStatus status(Revision revision, Set<Wire> receives, Set<Wire> sends) {
    return NodeModeStatus.of(
        "n1",
        Map.of(
            "blue", new NodeModeStatus.Pool(revision, Revision.NONE, receives, sends, List.of())));
  }

  private IpPool blue() throws Exception {
    return IpPool.parse(store.get(Key.of(IpPool.KIND, "blue")).orElseThrow().json());
  }

  private Optional<String> annotation(String key) throws Exception {
    return blue().metadata().annotation(key);
  }

  private Revision put(Resource resource) throws StoreException {
    return store.put(resource.key(), resource.toJson(), Expected.ANY);
  }
}
