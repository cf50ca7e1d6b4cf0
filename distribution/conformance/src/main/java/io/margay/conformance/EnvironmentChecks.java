// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The CNI variables: their rules, and the code for those that break them, came with 0.4.0. */
final class EnvironmentChecks {
  private static final int INVALID_ENVIRONMENT = 4;

  private static final Set<String> OF_ATTACHMENT = Set.of("ADD", "DEL", "CHECK");

  private EnvironmentChecks() {}

  static List<Check> all() {
    List<Check> checks = new ArrayList<>();
    checks.add(must("P2", "no CNI_COMMAND: error 4 that names it", t -> command(t, "")));
    checks.add(
        must("P2", "an unknown CNI_COMMAND: error 4 that names it", t -> command(t, "REMOVE")));
    for (String variable : List.of("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME")) {
      checks.add(missing("ADD", variable));
    }
    checks.add(missing("DEL", "CNI_CONTAINERID"));
    checks.add(missing("DEL", "CNI_IFNAME"));
    for (String variable : List.of("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME")) {
      checks.add(missing("CHECK", variable).since(SpecVersion.V0_4_0));
    }
    checks.add(missing("GC", "CNI_PATH").since(SpecVersion.V1_1_0));
    checks.add(
        must("P1", "set and empty is missing", t -> refuses(t, "ADD", "CNI_CONTAINERID", "")));
    for (String id : List.of("a/b", "-a", ".", "a b")) {
      checks.add(
          must(
              "P3",
              "CNI_CONTAINERID \"" + id + "\": error 4 that names it",
              t -> refuses(t, "ADD", "CNI_CONTAINERID", id)));
    }
    for (String name : List.of("name-of-16-bytes", "..", "a/b", "a b", "a:b")) {
      checks.add(must("P4", "CNI_IFNAME \"" + name + "\" is refused", t -> refusesIfname(t, name)));
    }
    for (String path : List.of("/run/netns/none-such", "/dev/null", "/proc/self/ns/mnt")) {
      checks.add(must("P2", "CNI_NETNS " + path + " is refused", t -> refusesNetns(t, path)));
    }
    for (String path : List.of("/run/netns/none-such", "/dev/null")) {
      checks.add(
          should(
              "P2",
              "CNI_NETNS " + path + ": error 4 that names it",
              t -> refuses(t, "ADD", "CNI_NETNS", path)));
    }
    checks.add(
        should("P5", "the plugin's own namespace is refused", EnvironmentChecks::refusesHost));
    return checks.stream()
        .map(check -> check.isFor(SpecVersion.V0_3_1) ? check.since(SpecVersion.V0_4_0) : check)
        .toList();
  }

  private static Check missing(String verb, String variable) {
    return must(
        "P2",
        "%s without %s: error 4 that names it".formatted(verb, variable),
        trial -> refuses(trial, verb, variable, null));
  }

  private static String command(Trial trial, String command)
      throws Deviation, IOException, InterruptedException {
    Call call = trial.call("ADD", trial.container());
    call = command.isEmpty() ? call.without("CNI_COMMAND") : call.with("CNI_COMMAND", command);
    return assertNamed(trial.run(call).refused(INVALID_ENVIRONMENT), "CNI_COMMAND");
  }

  /**
   * @param value null to leave the variable out
   */
  private static String refuses(Trial trial, String verb, String variable, String value)
      throws Deviation, IOException, InterruptedException {
    Call call =
        OF_ATTACHMENT.contains(verb) ? trial.call(verb, trial.container()) : trial.call(verb);
    call = value == null ? call.without(variable) : call.with(variable, value);
    return assertNamed(trial.run(call).refused(INVALID_ENVIRONMENT), variable);
  }

  private static String assertNamed(Outcome.Refusal refusal, String variable) throws Deviation {
    if (!refusal.message().contains(variable)) {
      throw new Deviation("the message does not name it: " + Text.brief(refusal.message()));
    }
    return "";
  }

  private static String refusesIfname(Trial trial, String name)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.container();
    Call call = trial.call("ADD", container).with("CNI_IFNAME", name);
    Outcome outcome = trial.run(call);
    if (outcome.isSuccess()) {
      trial.run(call.with("CNI_COMMAND", "DEL"));
    }
    return "code " + outcome.refused().code();
  }

  private static String refusesNetns(Trial trial, String path)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.container();
    Outcome outcome = trial.run(trial.call("ADD", container).with("CNI_NETNS", path));
    int code = outcome.refused().code();
    trial.assertNoLease(container);
    return "code " + code;
  }

  private static String refusesHost(Trial trial)
      throws Deviation, NotApplicable, IOException, InterruptedException {
    if (!trial.site().isOwnHost() && trial.host().path().startsWith("/proc")) {
      throw new NotApplicable("would touch the links of this machine");
    }
    Call call =
        trial
            .call("ADD", trial.container())
            .with("CNI_NETNS", trial.host().path().toString())
            .with("CNI_IFNAME", "conf-self");
    Outcome outcome = trial.run(call);
    if (outcome.isSuccess()) {
      trial.run(call.with("CNI_COMMAND", "DEL"));
    }
    return "code " + outcome.refused().code();
  }
}
