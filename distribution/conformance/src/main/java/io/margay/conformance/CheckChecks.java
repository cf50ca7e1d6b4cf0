// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** CHECK: silent while all is as ADD told, an error when something is not. */
final class CheckChecks {
  /** Breaks one thing of an attached container; not applicable when there is no such thing. */
  @FunctionalInterface
  private interface Damage {
    void to(Trial trial, Container container)
        throws Deviation, NotApplicable, IOException, InterruptedException;
  }

  private CheckChecks() {}

  static List<Check> all() {
    List<Check> checks =
        List.of(
            must("P30", "CHECK succeeds right after ADD", CheckChecks::succeeds),
            should("P32", "CHECK prints nothing", CheckChecks::isSilent),
            must("P30", "CHECK changes nothing", CheckChecks::changesNothing),
            must("P25", "CHECK without prevResult errors", CheckChecks::withoutResult),
            should("P27", "CHECK of a container never added errors", CheckChecks::neverAdded),
            must("P26", "CHECK tolerates what a later plugin added", CheckChecks::tolerates),
            should("P25", "CHECK with another address in prevResult errors", CheckChecks::another),
            damaged("P27", "the interface is gone", CheckChecks::removeLink),
            damaged("P27", "the interface is down", CheckChecks::setDown),
            damaged("P27", "an address is gone", CheckChecks::removeAddress),
            damaged("P27", "a route is gone", CheckChecks::removeRoute),
            damaged("P27", "the namespace is gone", (t, c) -> c.namespace().delete()),
            damaged("P29", "the link on the host is down", CheckChecks::setHostDown),
            damaged("P31", "the address is no longer reserved (host-local)", CheckChecks::forget));
    List<Check> since = new ArrayList<>();
    checks.forEach(check -> since.add(check.since(SpecVersion.V0_4_0)));
    return since;
  }

  private static Check damaged(String clause, String what, Damage damage) {
    return should(clause, "CHECK errors when " + what, trial -> errors(trial, damage));
  }

  private static String errors(Trial trial, Damage damage)
      throws Deviation, NotApplicable, IOException, InterruptedException {
    Container container = trial.added();
    trial.run("CHECK", container).succeeded();
    damage.to(trial, container);
    return "code " + trial.run("CHECK", container).refused().code();
  }

  private static String succeeds(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    trial.run("CHECK", container).succeeded();
    trial.run("CHECK", container).succeeded();
    return "";
  }

  private static String isSilent(Trial trial) throws Deviation, IOException, InterruptedException {
    trial.run("CHECK", trial.added()).succeededSilently();
    return "";
  }

  private static String changesNothing(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    Optional<Namespace.Link> link = container.namespace().link(Container.IFNAME);
    Set<Cidr> addresses = container.namespace().addresses(Container.IFNAME);
    List<Namespace.Route> routes = container.namespace().routes();

    trial.run("CHECK", container).succeeded();

    if (!container.namespace().link(Container.IFNAME).equals(link)
        || !container.namespace().addresses(Container.IFNAME).equals(addresses)
        || !container.namespace().routes().equals(routes)) {
      throw new Deviation("link, addresses or routes differ");
    }
    return "";
  }

  private static String withoutResult(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Call call = trial.call("CHECK", trial.added()).withInput(trial.conf());
    return "code " + trial.run(call).refused().code();
  }

  private static String neverAdded(Trial trial)
      throws Deviation, IOException, InterruptedException {
    // With the result of another: what it lists is not in this namespace.
    JsonObject result = trial.result(trial.added()).orElseThrow();
    Call call = trial.call("CHECK", trial.container());
    return "code " + trial.run(call.withInput(trial.conf("prevResult", result))).refused().code();
  }

  private static String tolerates(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    Namespace namespace = container.namespace();
    namespace.ip("address", "add", "203.0.113.9/32", "dev", Container.IFNAME);
    namespace.ip("route", "add", "203.0.113.128/25", "dev", Container.IFNAME);
    namespace.ip("link", "add", "net7", "type", "bridge");
    trial.run("CHECK", container).succeeded();
    return "";
  }

  private static String another(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    JsonObject result = trial.result(container).orElseThrow().deepCopy();
    JsonArray ips = result.getAsJsonArray("ips");
    if (ips == null || ips.isEmpty()) {
      throw new Deviation("the result has no ips");
    }
    JsonObject first = ips.get(0).getAsJsonObject();
    boolean isIpv4 = !first.get("address").getAsString().contains(":");
    first.addProperty("address", isIpv4 ? "198.51.100.7/32" : "2001:db8::7/128");
    Call call = trial.call("CHECK", container).withInput(trial.conf("prevResult", result));
    return "code " + trial.run(call).refused().code();
  }

  private static void removeLink(Trial trial, Container container)
      throws IOException, InterruptedException {
    container.namespace().ip("link", "delete", Container.IFNAME);
  }

  private static void setDown(Trial trial, Container container)
      throws IOException, InterruptedException {
    container.namespace().ip("link", "set", Container.IFNAME, "down");
  }

  private static void removeAddress(Trial trial, Container container)
      throws Deviation, NotApplicable, IOException, InterruptedException {
    List<Result.Ip> ips = trial.parsed(container).ips();
    if (ips.isEmpty()) {
      throw new NotApplicable("the result has no address");
    }
    String address = ips.get(0).address().toString();
    container.namespace().ip("address", "delete", address, "dev", Container.IFNAME);
  }

  private static void removeRoute(Trial trial, Container container)
      throws Deviation, NotApplicable, IOException, InterruptedException {
    List<Result.Route> routes = trial.parsed(container).routes();
    if (routes.isEmpty()) {
      throw new NotApplicable("the result has no route");
    }
    Cidr destination = routes.get(0).destination();
    String family = destination.isIpv4() ? "-4" : "-6";
    container.namespace().ip(family, "route", "delete", destination.toString());
  }

  private static void setHostDown(Trial trial, Container container)
      throws Deviation, NotApplicable, IOException, InterruptedException {
    Namespace host = trial.host();
    Set<String> present = host.linkNames();
    // Bridges serve others too; the link of a pair is listed last of those of the host.
    String link =
        trial.parsed(container).interfaces().stream()
            .filter(listed -> listed.sandbox().isEmpty())
            .map(Result.Interface::name)
            .filter(present::contains)
            .reduce((first, second) -> second)
            .orElseThrow(() -> new NotApplicable("the result lists no link of the host"));
    host.ip("link", "set", link, "down");
  }

  private static void forget(Trial trial, Container container) throws NotApplicable, IOException {
    if (trial.leases().isEmpty()) {
      throw new NotApplicable("only the reservations of host-local can be seen from outside");
    }
    trial.leases().get().forget(container);
  }
}
