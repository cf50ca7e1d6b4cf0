// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.Invocation;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.testkit.FakeStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code namespace:*}, {@code node:label} and {@code node:annotate}. */
class NamespaceCommandsTest {
  private final FakeStore store = new FakeStore(Runnable::run);
  private final TestOutput output = new TestOutput();

  /** A name and the words after it. */
  private record Words(String name, List<String> words) implements Invocation {
    @Override
    public Optional<String> value(String argument) {
      return argument.equals("name") ? Optional.of(name) : words.stream().findFirst();
    }

    @Override
    public List<String> values(String argument) {
      return words;
    }

    @Override
    public boolean has(String flag) {
      return false;
    }

    @Override
    public byte[] input() {
      return new byte[0];
    }
  }

  @Test
  void createsLabelsAnnotatesListsAndDeletes() throws Exception {
    run(new NamespaceCreate(store), "shop", "team=blue");
    run(new NamespaceLabel(store), "shop", "tier=web", "team-");
    run(
        new NamespaceAnnotate(store),
        "shop",
        "cni.projectcalico.org/ipv4pools=[\"team-blue\"]",
        "note=a=b");

    Namespace shop = Namespace.parse(store.get(key("shop")).orElseThrow().json());
    assertEquals(Map.of("tier", "web"), shop.metadata().labels());
    assertEquals("a=b", shop.metadata().annotations().get("note"));
    run(new NamespaceList(store), "");
    assertTrue(
        output
            .text()
            .endsWith(
                "Row[namespace=shop, labels=tier=web, annotations="
                    + "cni.projectcalico.org/ipv4pools=[\"team-blue\"] note=a=b, endpoints=0]"),
        output.text());
    run(new NamespaceDelete(store), "shop");
    assertTrue(store.get(key("shop")).isEmpty());
  }

  @Test
  void labelsANode() throws Exception {
    put(Node.of("node1").withLabels(Map.of("rack", "a", "ssd", "")));

    run(new NodeLabel(store), "node1", "rack=b", "ssd-");

    Node node = Node.parse(store.get(Key.of(Node.KIND, "node1")).orElseThrow().json());
    assertEquals(Map.of("rack", "b"), node.metadata().labels());
    assertEquals("node node1, labels: rack=b", output.text());
  }

  @Test
  void annotatesANode() throws Exception {
    put(Node.of("node1").withAnnotation("note", Optional.of("old")));

    run(new NodeAnnotate(store), "node1", "margay.io/mode.key=a=b", "note-");

    Node node = Node.parse(store.get(Key.of(Node.KIND, "node1")).orElseThrow().json());
    assertEquals(Map.of("margay.io/mode.key", "a=b"), node.metadata().annotations());
    assertEquals("node node1, annotations: margay.io/mode.key=a=b", output.text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Shop | team=blue | metadata.name: Shop (expected: at most",
        "a.b | team=blue | metadata.name: a.b (expected: at most 63 lower-case letters, digits",
        "shop | team=b lue | metadata.labels.team: b lue (expected: at most 63 letters",
        "shop | /team=blue | metadata.labels./team: /team (expected: as name of a label",
        "shop | team | team (expected: KEY=VALUE sets, KEY- removes)",
        "taken | a=b | namespace taken exists already",
      })
  void refusesToCreate(String name, String word, String expected) throws Exception {
    put(Namespace.of("taken"));

    assertRefuses(new NamespaceCreate(store), expected, name, word);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "shop | cni.projectcalico.org/ipv4pools=blue | ipv4pools: blue (expected: a JSON list of",
        "shop | cni.projectcalico.org/ipFamilies=[\"IPv5\"] | [\"IPv4\"], [\"IPv6\"] or both",
        "none | a=b | there is no Namespace/none; there are shop",
      })
  void refusesToAnnotate(String name, String word, String expected) throws Exception {
    put(Namespace.of("shop"));

    assertRefuses(new NamespaceAnnotate(store), expected, name, word);
  }

  @Test
  void keepsANamespaceWithPods() throws Exception {
    put(Namespace.of("shop"));
    put(WorkloadEndpoint.ofPod("shop", "node1", "cart-0", "eth0", "cali1"));

    assertRefuses(
        new NamespaceDelete(store),
        "namespace shop: endpoints: 1, such as node1-k8s-cart--0-eth0 (expected: none)",
        "shop");
  }

  private void assertRefuses(Command command, String expected, String name, String... words) {
    String message =
        assertThrows(CommandException.class, () -> run(command, name, words)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  private void run(Command command, String name, String... words) throws Exception {
    command.run(new Words(name, List.of(words)), output);
  }

  private void put(Resource resource) throws Exception {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
  }

  private static Key key(String name) {
    return Key.of(Namespace.KIND, name);
  }
}
