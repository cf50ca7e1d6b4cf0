// SPDX-License-Identifier: Apache-2.0
package io.margay.core.node;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds the address by which other nodes reach this one. Pure: the interfaces and the answers of
 * the FIB are given.
 */
public final class AddressDetection {
  /**
   * The address found.
   *
   * @param prefixLength length of the subnet in which it is
   * @param why in words, for the log
   */
  public record Choice(InetAddress address, int prefixLength, String link, String why) {
    @Override
    public String toString() {
      return Ip.text(address) + "/" + prefixLength + " on " + link + " (" + why + ")";
    }
  }

  /**
   * What was found.
   *
   * @param choice empty when no address fits
   * @param rejected each other address with the reason, such as {@code "172.17.0.1/16 on docker0:
   *     excluded interface"}
   */
  public record Result(Optional<Choice> choice, List<String> rejected) {
    public Result {
      rejected = List.copyOf(rejected);
    }
  }

  private record Candidate(Interface link, Address address) {
    @Override
    public String toString() {
      return Ip.text(address.address()) + "/" + address.prefixLength() + " on " + link.name();
    }
  }

  /**
   * Interfaces of container runtimes, hypervisors and other networks, as Calico leaves them out.
   */
  private static final Pattern EXCLUDED =
      Pattern.compile(
          "lo|(docker|cbr|dummy|virbr|lxcbr|veth|br-|cali|tunl|flannel|kube-ipvs|cni|nerdctl|podman)"
              + ".*|vxlan\\..*|vxlan-v6\\..*|wireguard\\.cali|wg-v6\\.cali|nodelocaldns");

  /** Aliases that the dataplane gives to links of ours. */
  private static final Pattern OUR_ALIAS = Pattern.compile("(mode|workload|probe)/.*");

  private AddressDetection() {}

  /**
   * Chooses an address of the family.
   *
   * @param lookups FIB answers; must contain the target of a {@code can-reach} method
   */
  public static Result detect(
      DetectionMethod method,
      IpFamily family,
      List<Interface> links,
      Map<InetAddress, FibResult> lookups) {
    List<String> rejected = new ArrayList<>();
    List<Candidate> usable = new ArrayList<>();
    for (Candidate candidate : candidates(family, links)) {
      Optional<String> fault = fault(candidate).or(() -> excluded(method, candidate));
      fault.ifPresent(why -> rejected.add(candidate + ": " + why));
      if (fault.isEmpty()) {
        usable.add(candidate);
      }
    }
    Optional<Choice> choice =
        switch (method.kind()) {
          case NONE -> Optional.empty();
          case FIRST_FOUND -> first(usable, "first found");
          case SKIP_INTERFACE -> first(usable, "first found, " + method.text());
          case CIDR -> first(usable, method.text());
          case INTERFACE -> byPattern(method, usable);
          case CAN_REACH -> byRoute(method, usable, lookups, rejected);
        };
    usable.stream()
        .filter(c -> choice.isPresent() && !c.address().address().equals(choice.get().address()))
        .forEach(c -> rejected.add(c + ": another one came first"));
    return new Result(choice, rejected);
  }

  private static List<Candidate> candidates(IpFamily family, List<Interface> links) {
    List<Candidate> all = new ArrayList<>();
    links.stream()
        .sorted(Comparator.comparingInt(Interface::index))
        .forEach(
            link ->
                link.addresses().stream()
                    .filter(a -> IpFamily.of(a.address()) == family)
                    .forEach(a -> all.add(new Candidate(link, a))));
    return all;
  }

  /** Why no method may take this address. */
  private static Optional<String> fault(Candidate candidate) {
    InetAddress address = candidate.address().address();
    if (address.isLoopbackAddress()) {
      return Optional.of("loopback address");
    }
    if (address.isLinkLocalAddress() || address.isMulticastAddress()) {
      return Optional.of("link-local address");
    }
    if (OUR_ALIAS.matcher(candidate.link().alias()).matches()) {
      return Optional.of("interface of ours");
    }
    return candidate.link().up() ? Optional.empty() : Optional.of("interface is down");
  }

  /** Why this method does not take this address. */
  private static Optional<String> excluded(DetectionMethod method, Candidate candidate) {
    String link = candidate.link().name();
    InetAddress address = candidate.address().address();
    return switch (method.kind()) {
      case INTERFACE -> unless(matches(method.links(), link), "interface does not match");
      case CIDR ->
          unless(method.cidrs().stream().anyMatch(c -> c.contains(address)), "not in cidr");
      case CAN_REACH, NONE -> Optional.empty();
      case SKIP_INTERFACE ->
          unless(
              !EXCLUDED.matcher(link).matches() && !matches(method.links(), link),
              "excluded interface");
      case FIRST_FOUND -> unless(!EXCLUDED.matcher(link).matches(), "excluded interface");
    };
  }

  private static Optional<Choice> first(List<Candidate> usable, String why) {
    return usable.stream().findFirst().map(c -> choice(c, why));
  }

  /** The patterns are in order of preference. */
  private static Optional<Choice> byPattern(DetectionMethod method, List<Candidate> usable) {
    return method.links().stream()
        .flatMap(p -> usable.stream().filter(c -> p.matcher(c.link().name()).matches()))
        .findFirst()
        .map(c -> choice(c, method.text()));
  }

  private static Optional<Choice> byRoute(
      DetectionMethod method,
      List<Candidate> usable,
      Map<InetAddress, FibResult> lookups,
      List<String> rejected) {
    FibResult route = lookups.get(method.target());
    if (route == null) {
      rejected.add("no route to " + Ip.text(method.target()));
      return Optional.empty();
    }
    Optional<Candidate> bySource =
        route
            .source()
            .flatMap(s -> usable.stream().filter(c -> c.address().address().equals(s)).findFirst());
    return bySource
        .or(() -> usable.stream().filter(c -> c.link().name().equals(route.link())).findFirst())
        .map(c -> choice(c, method.text() + " goes through it"));
  }

  private static Choice choice(Candidate candidate, String why) {
    Address address = candidate.address();
    return new Choice(address.address(), address.prefixLength(), candidate.link().name(), why);
  }

  private static boolean matches(List<Pattern> patterns, String link) {
    return patterns.stream().anyMatch(p -> p.matcher(link).matches());
  }

  private static Optional<String> unless(boolean fits, String why) {
    return fits ? Optional.empty() : Optional.of(why);
  }

  /** Whether an address lies in a subnet of an interface of this node. */
  public static boolean collides(Cidr cidr, List<Interface> links) {
    return links.stream()
        .flatMap(l -> l.addresses().stream())
        .map(a -> Cidr.containing(a.address(), a.prefixLength()))
        .anyMatch(cidr::overlaps);
  }
}
