// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.CommandException;
import io.margay.api.console.Removal;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.console.shell.TestShell;
import io.margay.testkit.FakeStore;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** resource:apply, get and delete as an operator calls them. */
class ResourceCommandsTest {
  private static final Key DEFAULT = Key.of(IpPool.KIND, "default");

  private final FakeStore store = new FakeStore();
  private final TestShell shell =
      new TestShell(
          new ResourceApply(store),
          new ResourceGet(store),
          new ResourceDelete(store, new PoolsOf(store)));

  @Test
  void createsThenLeavesThenChanges() throws Exception {
    assertEquals("ippool/default created\n", apply(pool("default", "10.65.0.0/16")).out());
    assertEquals("ippool/default unchanged\n", apply(pool("default", "10.65.0.0/16")).out());
    assertEquals(
        "ippool/default configured\n",
        apply(pool("default", "10.65.0.0/16") + "  natOutgoing: true\n").out());

    assertTrue(stored("default").natOutgoing());
  }

  @Test
  void keepsWhatBelongsToTheCluster() throws Exception {
    apply(pool("default", "10.65.0.0/16"));
    IpPool before = stored("default");

    apply(
        """
        apiVersion: projectcalico.org/v3
        kind: IPPool
        metadata:
          name: default
          uid: another
          creationTimestamp: null
          labels: {a: b}
        spec:
          cidr: 10.65.0.0/16
        """);

    IpPool after = stored("default");
    assertTrue(before.metadata().uid().isPresent() && !after.metadata().labels().isEmpty());
    assertEquals(before.metadata().uid(), after.metadata().uid());
    assertEquals(before.metadata().creationTimestamp(), after.metadata().creationTimestamp());
  }

  @Test
  void writesNothingWhenAnyDocumentIsWrong() throws Exception {
    TestShell.Result result =
        apply(
            pool("good", "10.65.0.0/16")
                + "---\n"
                + pool("bad", "10.66.0.1/16")
                + "  ipipMode: Sometimes\n"
                + "---\n"
                + "apiVersion: v1\nkind: IPPool\n");

    assertEquals(1, result.status());
    assertEquals(
        """
        resource:apply: nothing was written
          document 2, line 13: IPPool/bad: spec.cidr: 10.66.0.1/16 \
        (expected: no host bits set, as in 10.66.0.0/16)
          document 2, line 14: IPPool/bad: spec.ipipMode: Sometimes \
        (expected: one of Never, Always, CrossSubnet)
          document 3, line 16: IPPool: apiVersion: v1 \
        (expected: one of projectcalico.org/v3, crd.projectcalico.org/v1)
        """,
        result.err());
    assertEquals(List.of(), store.list(IpPool.KIND).entries());
  }

  @Test
  void refusesAResourceTwice() {
    String pool = pool("default", "10.65.0.0/16");

    assertEquals(
        """
        resource:apply: nothing was written
          document 2, line 11: IPPool/default (expected: once; document 1, line 4 has it already)
        """,
        apply(pool + "---\n" + pool).err());
  }

  @Test
  void refusesPoolsThatOverlap() {
    apply(pool("default", "10.65.0.0/16"));

    assertEquals(
        """
        resource:apply: nothing was written
          document 1, line 6: IPPool/wide: spec.cidr: 10.64.0.0/10 \
        (expected: no overlap with 10.65.0.0/16 of IPPool/default)
        """,
        apply(pool("wide", "10.64.0.0/10")).err());
    assertEquals(1, apply(pool("a", "10.1.0.0/16") + "---\n" + pool("b", "10.1.2.0/24")).status());
  }

  @Test
  void refusesToMoveAPool() {
    apply(pool("default", "10.65.0.0/16"));

    assertTrue(
        apply(pool("default", "10.66.0.0/16"))
            .err()
            .contains("(expected: 10.65.0.0/16: a pool keeps its range)"));
  }

  @Test
  void warnsOfMisspeltFields() {
    assertEquals(
        """
        warning: document 1, line 7: IPPool/default: spec.natOutgiong: unknown field, \
        kept without effect
        ippool/default created
        """,
        apply(pool("default", "10.65.0.0/16") + "  natOutgiong: true\n").out());
  }

  @Test
  void insistsOnTheVersionOfAnExportedFile() {
    apply(pool("default", "10.65.0.0/16"));
    String exported = shell.run("resource:get ippool default -o yaml").out();
    apply(pool("default", "10.65.0.0/16") + "  natOutgoing: true\n");

    TestShell.Result result = apply(exported);

    assertEquals(1, result.status());
    assertTrue(result.err().contains("metadata.resourceVersion: 1 (expected: 2"), result.err());
    assertEquals(
        "ippool/default unchanged\n",
        apply(shell.run("resource:get ippool default -o yaml").out()).out());
  }

  @Test
  void plansAgainWhenSomebodyWasQuicker() throws Exception {
    apply(pool("default", "10.65.0.0/16"));
    store.beforeNextWrite(writes -> replace(stored("default").withDisabled(true)));

    TestShell.Result result = apply(pool("default", "10.65.0.0/16") + "  natOutgoing: true\n");

    assertEquals("ippool/default configured\n", result.out());
    assertTrue(stored("default").natOutgoing() && !stored("default").disabled());
  }

  @Test
  void repairsADocumentThatIsNotValid() throws Exception {
    store.put(DEFAULT, "not JSON".getBytes(StandardCharsets.UTF_8), Expected.ABSENT);

    assertEquals("ippool/default configured\n", apply(pool("default", "10.65.0.0/16")).out());
    assertEquals("10.65.0.0/16", stored("default").cidr().toString());
  }

  @Test
  void needsAFile() {
    assertEquals(
        "resource:apply: -f: missing (expected: -f FILE)\n", shell.run("resource:apply").err());
    assertEquals(2, shell.run("resource:apply").status());
    assertEquals(1, shell.run("resource:apply -f /nonexistent").status());
  }

  @Test
  void saysThatTheStoreCannotBeReached() {
    store.lose("disk on fire");

    TestShell.Result result = apply(pool("default", "10.65.0.0/16"));

    assertEquals(1, result.status());
    assertTrue(result.err().startsWith("resource:apply: store: "), result.err());
  }

  @Test
  void printsResources() {
    apply(pool("default", "10.65.0.0/16") + "---\n" + pool("blue", "10.66.0.0/16"));

    assertEquals("none\n", shell.run("resource:get nodes").out());
    assertEquals("", shell.run("resource:get nodes -o json").out());
    assertEquals("", shell.run("resource:get nodes -o yaml").out());
    assertTrue(shell.run("resource:get").out().contains("IPPool                  2"));
    assertEquals(
        List.of("NAME", "blue", "default"),
        shell.run("resource:get ippools").out().lines().map(l -> l.split(" ")[0]).toList());
    assertTrue(
        shell.run("resource:get ippool blue -o json").out().contains("\"cidr\":\"10.66.0.0/16\""));
    assertEquals(
        "resource:get: IPPool/red: not found\n", shell.run("resource:get ippool red").err());
    assertEquals(2, shell.run("resource:get ippool -o xml").status());
    assertEquals(2, shell.run("resource:get fruit").status());
  }

  /** Keeps pools that are disabled. */
  private record PoolsOf(FakeStore store) implements Removal {
    @Override
    public String kind() {
      return IpPool.KIND;
    }

    @Override
    public Optional<String> obstacle(Key key) throws CommandException {
      try {
        return IpPool.parse(store.get(key).orElseThrow().json()).disabled()
            ? Optional.of(key + " is guarded")
            : Optional.empty();
      } catch (StoreException | InvalidResourceException e) {
        throw new CommandException(e.getMessage(), e);
      }
    }

    @Override
    public String remove(Key key) throws CommandException {
      try {
        store.delete(key, Expected.ANY);
        return key.name().equals("blue") ? "2 blocks given back" : "";
      } catch (StoreException e) {
        throw new CommandException(e.getMessage(), e);
      }
    }
  }

  @Test
  void deletesNothingWhenOneOfThemCannotGo() throws Exception {
    apply(pool("default", "10.65.0.0/16") + "---\n" + pool("blue", "10.66.0.0/16"));
    replace(stored("default").withDisabled(true));

    TestShell.Result result = shell.run("resource:delete ippool blue default");

    assertEquals(1, result.status());
    assertEquals(
        """
        resource:delete: nothing was deleted
          IPPool/default is guarded
        """,
        result.err());
    assertEquals(2, store.list(IpPool.KIND).entries().size());
  }

  @Test
  void deletesNoPoolUnlessSomebodyKnowsWhatBelongsToIt() throws Exception {
    apply(pool("default", "10.65.0.0/16"));

    TestShell.Result result =
        new TestShell(new ResourceDelete(store)).run("resource:delete ippool default");

    assertEquals(1, result.status());
    assertTrue(result.err().contains("IPPool/default: what belongs to it"), result.err());
    assertEquals(1, store.list(IpPool.KIND).entries().size());
  }

  @Test
  void deletesWhatAFileNames() throws Exception {
    String file = pool("default", "10.65.0.0/16") + "---\n" + pool("blue", "10.66.0.0/16");
    apply(file);

    TestShell.Result result = shell.run("resource:delete -f -", file);

    assertEquals(
        "ippool/default deleted\nippool/blue deleted, 2 blocks given back\n", result.out());
    assertEquals(1, shell.run("resource:delete -f -", file).status());
    assertEquals(2, shell.run("resource:delete").status());
  }

  private TestShell.Result apply(String yaml) {
    return shell.run("resource:apply -f -", yaml);
  }

  private static String pool(String name, String cidr) {
    return """
    apiVersion: projectcalico.org/v3
    kind: IPPool
    metadata:
      name: %s
    spec:
      cidr: %s
    """
        .formatted(name, cidr);
  }

  private IpPool stored(String name) {
    try {
      return IpPool.parse(store.get(Key.of(IpPool.KIND, name)).orElseThrow().json());
    } catch (StoreException | InvalidResourceException e) {
      throw new IllegalStateException(e);
    }
  }

  private void replace(IpPool pool) {
    try {
      store.put(pool.key(), pool.toJson(), Expected.ANY);
    } catch (StoreException e) {
      throw new IllegalStateException(e);
    }
  }
}
