// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** ADD beside its result: what it must refuse, repeat, pass on and take back. */
final class AddChecks {
  private AddChecks() {}

  static List<Check> all() {
    return List.of(
        must("P12", "ADD onto a foreign interface of that name errors", AddChecks::foreign),
        must("P12", "a repeated ADD errors or returns the same result", AddChecks::repeated),
        must("P11", "after DEL the same container can be added again", AddChecks::addedAgain),
        must("P46", "two containers get different addresses and links", AddChecks::two),
        must("P14", "prevResult of an earlier plugin is in the result", AddChecks::chained)
            .since(SpecVersion.V1_0_0),
        must("P17", "a failed ADD holds no address (host-local)", AddChecks::failedHoldsNothing),
        should("P17", "a failed ADD leaves no link and no route", AddChecks::failedLeavesNothing));
  }

  /** Something of another plugin that must not be touched. */
  private static void addForeign(Container container) throws IOException, InterruptedException {
    container.namespace().ip("link", "add", Container.IFNAME, "type", "bridge");
  }

  private static String foreign(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.container();
    addForeign(container);
    Optional<Namespace.Link> before = container.namespace().link(Container.IFNAME);

    int code = trial.run("ADD", container).refused().code();

    if (!container.namespace().link(Container.IFNAME).equals(before)) {
      throw new Deviation("refused, but the foreign interface is changed");
    }
    return "code " + code;
  }

  private static String repeated(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    JsonObject first = trial.result(container).orElseThrow();

    Outcome again = trial.run("ADD", container);

    if (!again.isSuccess()) {
      String refused = "refuses with code " + again.refused().code();
      if (container.namespace().link(Container.IFNAME).isEmpty()) {
        throw new Deviation(refused + ", and the interface is gone");
      }
      return refused;
    }
    if (!again.json().equals(first)) {
      throw new Deviation("another result: " + again);
    }
    return "returns the same result";
  }

  private static String addedAgain(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    trial.del(container);
    trial.add(container);
    return "";
  }

  private static String two(Trial trial) throws Deviation, IOException, InterruptedException {
    Container first = trial.added();
    Container second = trial.added();
    Set<Cidr> shared = new TreeSet<>(first.namespace().addresses(Container.IFNAME));
    shared.retainAll(second.namespace().addresses(Container.IFNAME));
    if (!shared.isEmpty()) {
      throw new Deviation("both have " + shared);
    }
    for (Container container : List.of(first, second)) {
      if (container.namespace().link(Container.IFNAME).isEmpty()) {
        throw new Deviation("no " + Container.IFNAME + " in one of them");
      }
    }
    return "";
  }

  private static String chained(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.container();
    JsonObject previous =
        JsonParser.parseString(
                """
                {"interfaces": [{"name": "net7", "mac": "02:00:00:00:00:07", "sandbox": "%s"}],
                 "ips": [{"address": "198.51.100.7/24", "interface": 0}],
                 "routes": [{"dst": "198.51.100.0/24"}], "dns": {}}
                """
                    .formatted(container.netns()))
            .getAsJsonObject();
    previous.addProperty("cniVersion", trial.version().toString());

    Call call = trial.call("ADD", container).withInput(trial.conf("prevResult", previous));
    JsonObject json = trial.run(call).succeeded().json();

    Result result = Result.parse(json, trial.version());
    if (result.interfaces().stream().noneMatch(link -> link.name().equals("net7"))) {
      throw new Deviation("the interface of prevResult is not in the result");
    }
    if (!result.addresses("net7", container.netns()).toString().contains("198.51.100.7")) {
      throw new Deviation("the address of prevResult is not in the result");
    }
    return "";
  }

  private static String failedHoldsNothing(Trial trial)
      throws Deviation, NotApplicable, IOException, InterruptedException {
    if (trial.leases().isEmpty()) {
      throw new NotApplicable("only the reservations of host-local can be seen from outside");
    }
    Container container = trial.container();
    addForeign(container);
    trial.run("ADD", container).refused();
    trial.assertNoLease(container);
    return "";
  }

  private static String failedLeavesNothing(Trial trial)
      throws Deviation, IOException, InterruptedException {
    // What the first ADD of a host leaves for all, such as a bridge, is no leak.
    trial.del(trial.added());
    List<String> before = state(trial.host());
    Container container = trial.container();
    addForeign(container);

    trial.run("ADD", container).refused();

    List<String> left = new ArrayList<>(state(trial.host()));
    left.removeAll(before);
    if (!left.isEmpty()) {
      throw new Deviation("left on the host: " + left);
    }
    return "";
  }

  /** Links and routes of the host. */
  private static List<String> state(Namespace host) throws IOException, InterruptedException {
    List<String> state = new ArrayList<>();
    host.linkNames().forEach(name -> state.add("link " + name));
    for (Namespace.Route route : host.routes()) {
      // The kernel's own, which come and go with the state of any link.
      if (!route.destination().startsWith("fe80")) {
        state.add("route " + route.destination() + " dev " + route.link());
      }
    }
    return state;
  }
}
