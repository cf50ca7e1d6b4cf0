// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The result of ADD, and whether the kernel has what it says. */
final class ResultChecks {
  private ResultChecks() {}

  static List<Check> all() {
    return List.of(
        must("P13", "ADD prints its result and nothing else", ResultChecks::prints),
        must("P15", "the result has the cniVersion of the input", ResultChecks::hasVersion),
        must("P18", "the result is in the format of its version", ResultChecks::hasFormat),
        must("P16", "CNI_IFNAME is listed once, with CNI_NETNS as sandbox", ResultChecks::listed)
            .since(SpecVersion.V0_3_0),
        must("P16", "every listed link is there, with its mac and mtu", ResultChecks::linksAreThere)
            .since(SpecVersion.V0_3_0),
        must("P11", "the interface is in the namespace, and up", ResultChecks::isUp),
        must("P16", "its addresses are those of the result", ResultChecks::addressesAreThere),
        must("P16", "the routes of the result are in the namespace", ResultChecks::routesAreThere),
        should("P11", "no other interface appears in the namespace", ResultChecks::isAlone));
  }

  private static String prints(Trial trial) throws Deviation, IOException, InterruptedException {
    trial.added();
    return "";
  }

  private static String hasVersion(Trial trial)
      throws Deviation, IOException, InterruptedException {
    JsonObject result = trial.add(trial.container());
    String version = Json.string(result, "cniVersion").orElse("missing");
    if (!version.equals(trial.version().toString())) {
      throw new Deviation("cniVersion " + version);
    }
    return "";
  }

  private static String hasFormat(Trial trial) throws Deviation, IOException, InterruptedException {
    Result result = trial.parsed(trial.added());
    return "%d ips, %d routes, %d interfaces"
        .formatted(result.ips().size(), result.routes().size(), result.interfaces().size());
  }

  private static String listed(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    List<Result.Interface> found =
        trial.parsed(container).interfaces().stream()
            .filter(link -> link.name().equals(Container.IFNAME))
            .filter(link -> link.sandbox().equals(container.netns()))
            .toList();
    if (found.size() != 1) {
      throw new Deviation("listed " + found.size() + " times");
    }
    return "";
  }

  private static String linksAreThere(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    for (Result.Interface link : trial.parsed(container).interfaces()) {
      boolean isInside = link.sandbox().equals(container.netns());
      Namespace where = isInside ? container.namespace() : trial.host();
      String name = isInside ? link.name() : "host link";
      Namespace.Link actual =
          where.link(link.name()).orElseThrow(() -> new Deviation("no " + name));
      if (!link.mac().isEmpty() && !link.mac().equalsIgnoreCase(actual.mac())) {
        throw new Deviation(
            "%s has mac %s instead of %s".formatted(name, actual.mac(), link.mac()));
      }
      if (link.mtuBytes().isPresent() && link.mtuBytes().get() != actual.mtuBytes()) {
        throw new Deviation(
            "%s has mtu %d instead of %d"
                .formatted(name, actual.mtuBytes(), link.mtuBytes().get()));
      }
    }
    return "";
  }

  private static String isUp(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    Optional<Namespace.Link> link = container.namespace().link(Container.IFNAME);
    if (link.isEmpty() || !link.get().isUp()) {
      throw new Deviation(link.isEmpty() ? "not there" : "down");
    }
    return "mtu " + link.get().mtuBytes();
  }

  private static String addressesAreThere(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    Set<Cidr> told = trial.parsed(container).addresses(Container.IFNAME, container.netns());
    Set<Cidr> actual = container.namespace().addresses(Container.IFNAME);
    if (!told.equals(actual)) {
      throw new Deviation("told " + told + ", in the kernel " + actual);
    }
    return told.size() + " of " + actual.size();
  }

  private static String routesAreThere(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    List<Namespace.Route> actual = container.namespace().routes();
    List<Result.Route> told = trial.parsed(container).routes();
    for (Result.Route route : told) {
      boolean isThere = actual.stream().anyMatch(r -> isSame(route, r));
      if (!isThere) {
        throw new Deviation("told " + route + ", in the kernel " + actual);
      }
    }
    return told.size() + " told";
  }

  private static boolean isSame(Result.Route told, Namespace.Route actual) {
    boolean hasDestination =
        Cidr.parse(actual.destination()).equals(Optional.of(told.destination()));
    Optional<InetAddress> gateway = actual.gateway().flatMap(Cidr::address);
    return hasDestination && (told.gateway().isEmpty() || told.gateway().equals(gateway));
  }

  private static String isAlone(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.container();
    Set<String> before = container.namespace().linkNames();
    trial.add(container);
    Set<String> more = new TreeSet<>(container.namespace().linkNames());
    more.removeAll(before);
    more.remove(Container.IFNAME);
    if (!more.isEmpty()) {
      throw new Deviation("also there: " + more);
    }
    return "";
  }
}
