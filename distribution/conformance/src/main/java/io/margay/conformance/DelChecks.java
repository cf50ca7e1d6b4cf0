// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** DEL: it must succeed whatever is missing, and leave nothing. */
final class DelChecks {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private DelChecks() {}

  static List<Check> all() {
    return List.of(
        must("P19", "DEL removes the interface", DelChecks::removes),
        must("P19", "after DEL no link of the pair is left on the host", DelChecks::cleansHost),
        must("P23", "after DEL no address is held (host-local)", DelChecks::releases),
        should("P43", "DEL prints nothing", DelChecks::isSilent),
        must("P21", "a second DEL succeeds", DelChecks::twice),
        must("P21", "DEL of a container never added succeeds", DelChecks::neverAdded),
        must("P20", "DEL without prevResult succeeds", DelChecks::withoutResult)
            .since(SpecVersion.V0_4_0),
        must("P20", "DEL with an empty prevResult succeeds", DelChecks::emptyResult)
            .since(SpecVersion.V0_4_0),
        must("P19", "DEL without CNI_NETNS cleans up", t -> withoutNetns(t, null)),
        must("P19", "DEL with an empty CNI_NETNS cleans up", t -> withoutNetns(t, "")),
        must("P22", "DEL after the namespace is gone cleans up", DelChecks::namespaceGone),
        must("P19", "DEL after the interface is gone succeeds", DelChecks::interfaceGone),
        must("P24", "DEL after a failed ADD succeeds", DelChecks::afterFailure),
        must("P19", "DEL does not touch another container", DelChecks::others));
  }

  private static String removes(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    trial.del(container);
    if (container.namespace().link(Container.IFNAME).isPresent()) {
      throw new Deviation("still there");
    }
    return "";
  }

  private static String cleansHost(Trial trial)
      throws Deviation, IOException, InterruptedException {
    // What the first ADD of a host leaves for all, such as a bridge, is no leak.
    trial.del(trial.added());
    Set<String> before = trial.host().linkNames();
    trial.del(trial.added());
    assertSame(trial, before);
    return "";
  }

  private static String releases(Trial trial)
      throws Deviation, NotApplicable, IOException, InterruptedException {
    Leases leases = trial.leases().orElse(null);
    if (leases == null) {
      throw new NotApplicable("only the reservations of host-local can be seen from outside");
    }
    Container container = trial.added();
    if (leases.of(container).isEmpty()) {
      throw new Deviation("ADD reserved nothing");
    }
    trial.del(container);
    trial.assertNoLease(container);
    return "";
  }

  private static String isSilent(Trial trial) throws Deviation, IOException, InterruptedException {
    trial.run("DEL", trial.added()).succeededSilently();
    return "";
  }

  private static String twice(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    trial.del(container);
    trial.del(container);
    return "";
  }

  private static String neverAdded(Trial trial)
      throws Deviation, IOException, InterruptedException {
    trial.del(trial.container());
    return "";
  }

  private static String withoutResult(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    trial.run(trial.call("DEL", container).withInput(trial.conf())).succeeded();
    return removedAll(trial, container);
  }

  private static String emptyResult(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    JsonObject empty = new JsonObject();
    empty.addProperty("cniVersion", trial.version().toString());
    Call call = trial.call("DEL", container).withInput(trial.conf("prevResult", empty));
    trial.run(call).succeeded();
    return removedAll(trial, container);
  }

  private static String removedAll(Trial trial, Container container)
      throws Deviation, IOException, InterruptedException {
    if (container.namespace().link(Container.IFNAME).isPresent()) {
      throw new Deviation("the interface is still there");
    }
    trial.assertNoLease(container);
    return "";
  }

  /** The runtime lost the path, or the namespace; the specification asks for as much as can be. */
  private static String withoutNetns(Trial trial, String netns)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    Call call = trial.call("DEL", container);
    call = netns == null ? call.without("CNI_NETNS") : call.with("CNI_NETNS", netns);
    trial.run(call).succeeded();
    trial.assertNoLease(container);
    Optional<Namespace.Link> link = container.namespace().link(Container.IFNAME);
    return link.isPresent() ? "the interface stays, as it may" : "removes the interface";
  }

  private static String namespaceGone(Trial trial)
      throws Deviation, IOException, InterruptedException {
    trial.del(trial.added());
    Set<String> before = trial.host().linkNames();
    Container container = trial.added();
    container.namespace().delete();
    trial.del(container);
    trial.assertNoLease(container);
    // The kernel takes the links of a namespace down after it has answered.
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!left(trial, before).isEmpty() && System.nanoTime() < end) {
      Thread.sleep(10);
    }
    assertSame(trial, before);
    return "";
  }

  private static String interfaceGone(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    container.namespace().ip("link", "delete", Container.IFNAME);
    trial.del(container);
    trial.assertNoLease(container);
    return "";
  }

  private static String afterFailure(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.container();
    container.namespace().ip("link", "add", Container.IFNAME, "type", "bridge");
    trial.run("ADD", container).refused();
    trial.del(container);
    trial.assertNoLease(container);
    return "";
  }

  private static String others(Trial trial) throws Deviation, IOException, InterruptedException {
    Container stays = trial.added();
    Set<Cidr> before = stays.namespace().addresses(Container.IFNAME);
    trial.del(trial.added());
    if (!stays.namespace().addresses(Container.IFNAME).equals(before)) {
      throw new Deviation("the other lost its addresses");
    }
    return "";
  }

  private static void assertSame(Trial trial, Set<String> before)
      throws Deviation, IOException, InterruptedException {
    Set<String> left = left(trial, before);
    if (!left.isEmpty()) {
      throw new Deviation("left on the host: " + left);
    }
  }

  private static Set<String> left(Trial trial, Set<String> before)
      throws IOException, InterruptedException {
    Set<String> left = new TreeSet<>(trial.host().linkNames());
    left.removeAll(before);
    return left;
  }
}
