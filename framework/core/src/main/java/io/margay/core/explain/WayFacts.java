// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.sharing.RouteSource;
import io.margay.api.sharing.RouteSources;
import io.margay.api.sharing.Session;
import io.margay.core.explain.Hop.Place;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How this node sends to the other end: its route, the tunnel, the network between the nodes.
 * Blocks; reads only.
 *
 * @param far the other end's address
 * @param underlay address of the other end's node; empty when that is not known
 * @param isOurs whether the other end is a pod: then a route of ours leads there
 */
record WayFacts(
    String self,
    Dataplane dataplane,
    Optional<RouteSources> sources,
    List<Session> sessions,
    InetAddress far,
    Optional<InetAddress> underlay,
    boolean isOurs) {
  /** What the hop of the link is about by which this node sends; its first word is the link. */
  static final String DEVICE = "device to the other end";

  /** A declared route, and who declares it. */
  private record Declared(Owner owner, Route route) {}

  List<Hop> of(ActualState kernel) {
    List<Hop> hops = new ArrayList<>(node());
    Map<Owner, DesiredState> desired = dataplane.desired();
    Optional<Declared> declared = declared(desired);
    Optional<FibResult> way = Optional.ofNullable(kernel.lookups().get(far));
    source().ifPresent(hops::add);
    hops.add(route(declared, way, kernel));
    declared.ifPresent(d -> hops.addAll(differences(d.owner(), Place.ROUTE, d, desired)));
    Optional<Interface> device = way.flatMap(w -> link(w.link(), kernel));
    device.ifPresent(link -> hops.add(device(link)));
    device
        .flatMap(link -> LinkForwarding.of(self, link.name(), IpFamily.of(far)))
        .ifPresent(hops::add);
    declared
        .flatMap(d -> deviceOwner(d, desired))
        .ifPresent(owner -> hops.addAll(differences(owner, Place.TUNNEL, declared.get(), desired)));
    underlay.ifPresent(address -> hops.add(underlay(address, kernel)));
    underlay.ifPresent(address -> hops.addAll(foreignNeighbours(address, kernel)));
    return hops;
  }

  /** Sysctls and host rules that all packets meet, and firewalls of others. */
  List<Hop> node() {
    List<Hop> hops =
        new ArrayList<>(differences(Owner.HOST, Place.NODE, null, dataplane.desired()));
    if (hops.isEmpty()) {
      hops.add(Hop.ok(self, Place.NODE, "forwarding and host rules", "as declared", "as declared"));
    }
    dataplane.foreignFirewalls().stream()
        .filter(f -> f.families().contains(IpFamily.of(far)))
        .forEach(
            f ->
                hops.add(
                    Hop.note(
                        self,
                        Place.NODE,
                        "somebody else's firewall",
                        f + " drops what none of its rules accepts")));
    return hops;
  }

  private Optional<Hop> source() {
    return sources.stream()
        .flatMap(s -> s.routeSources().stream())
        .filter(s -> s.destination().contains(far))
        .max(Comparator.comparingInt(s -> s.destination().length()))
        .map(s -> Hop.note(self, Place.ROUTE, "origin of the route", text(s)));
  }

  private static String text(RouteSource source) {
    String pool = source.pool().map(p -> ", pool " + p).orElse("");
    String detail = source.detail().isEmpty() ? "" : ": " + source.detail();
    return source.destination() + " from " + source.source().orElse("nobody") + pool + detail;
  }

  private Optional<Declared> declared(Map<Owner, DesiredState> desired) {
    List<Declared> found = new ArrayList<>();
    desired.forEach(
        (owner, state) -> {
          for (KernelObject object : state.objects()) {
            if (object instanceof Route route
                && route.table() == Route.MAIN_TABLE
                && route.type() == Route.Type.UNICAST
                && route.destination().contains(far)) {
              found.add(new Declared(owner, route));
            }
          }
        });
    return found.stream().max(Comparator.comparingInt(d -> d.route().destination().length()));
  }

  private Hop route(Optional<Declared> declared, Optional<FibResult> way, ActualState kernel) {
    String what = "route to " + Ip.text(far);
    String actual = text(far, way);
    if (declared.isEmpty()) {
      if (isOurs) {
        return Hop.broken(
            self,
            Place.ROUTE,
            what,
            "a route of its pool",
            "the node has none declared; the kernel says " + actual,
            "see route:sources and health on " + self + sessionsDown());
      }
      return way.isPresent()
          ? Hop.ok(self, Place.ROUTE, what, "any", actual)
          : Hop.broken(
              self, Place.ROUTE, what, "any", actual, "give " + self + " a route, such as default");
    }
    Route route = declared.get().route();
    String expected = route.toString().replaceFirst("^route ", "") + " (" + owner(declared) + ")";
    if (way.isPresent() && route.nextHops().stream().anyMatch(hop -> goesBy(hop, way.get()))) {
      return Hop.ok(self, Place.ROUTE, what, expected, actual);
    }
    Optional<Interface> down = way.isPresent() ? Optional.empty() : downLink(route, kernel);
    if (down.isPresent()) {
      return Hop.broken(
          self,
          Place.ROUTE,
          what,
          expected,
          actual + ", since " + down.get().name() + " is down",
          "ip link set " + down.get().name() + " up");
    }
    return Hop.broken(
        self,
        Place.ROUTE,
        what,
        expected,
        actual,
        "remove what leads elsewhere: look at ip rule and ip route get "
            + Ip.text(far)
            + " on "
            + self);
  }

  private static Optional<Interface> downLink(Route route, ActualState kernel) {
    return route.nextHops().stream()
        .flatMap(hop -> hop.link().stream())
        .flatMap(name -> link(name, kernel).stream())
        .filter(link -> !link.up())
        .findFirst();
  }

  private static String owner(Optional<Declared> declared) {
    return declared.map(d -> d.owner().name()).orElse("");
  }

  private static boolean goesBy(NextHop hop, FibResult way) {
    return hop.link().map(way.link()::equals).orElse(true)
        && (hop.gateway().isEmpty() || hop.gateway().equals(way.gateway()));
  }

  private String sessionsDown() {
    String down =
        sessions.stream()
            .filter(s -> !s.state().equals("Established"))
            .map(
                s ->
                    "the BGP session with "
                        + s.node().orElse(Ip.text(s.peer()))
                        + " is "
                        + s.state())
            .collect(Collectors.joining(", "));
    return down.isEmpty() ? "" : "; " + down;
  }

  private Hop device(Interface link) {
    String what = DEVICE;
    String actual = link.name() + " mtu " + link.mtuBytes();
    return link.up()
        ? Hop.ok(self, Place.TUNNEL, what, link.name() + " up", actual + " up")
        : Hop.broken(
            self,
            Place.TUNNEL,
            what,
            link.name() + " up",
            link.name() + " is down, or has no carrier",
            "ip link set " + link.name() + " up, or see to what it is connected");
  }

  private Hop underlay(InetAddress address, ActualState kernel) {
    String what = "route to the other node";
    Optional<FibResult> way = Optional.ofNullable(kernel.lookups().get(address));
    if (way.isEmpty()) {
      return Hop.broken(
          self,
          Place.UNDERLAY,
          what,
          "a route to " + Ip.text(address),
          text(address, way),
          "give " + self + " a route to " + Ip.text(address));
    }
    Optional<Interface> link = link(way.get().link(), kernel);
    if (link.isPresent() && !link.get().up()) {
      return Hop.broken(
          self,
          Place.UNDERLAY,
          what,
          link.get().name() + " up",
          link.get().name() + " is down, or has no carrier",
          "ip link set " + link.get().name() + " up, or see to its cable");
    }
    return Hop.ok(self, Place.UNDERLAY, what, "any", text(address, way));
  }

  /** Neighbours that somebody else has fixed on the way to the other node. */
  private List<Hop> foreignNeighbours(InetAddress address, ActualState kernel) {
    Optional<FibResult> way = Optional.ofNullable(kernel.lookups().get(address));
    InetAddress next = way.flatMap(FibResult::gateway).orElse(address);
    return kernel.objects().stream()
        .filter(item -> !item.ours() && item.object() instanceof Neighbour)
        .map(item -> (Neighbour) item.object())
        .filter(
            n -> n.address().equals(next) && way.map(FibResult::link).equals(Optional.of(n.link())))
        .map(
            n ->
                Hop.broken(
                    self,
                    Place.UNDERLAY,
                    "neighbour " + Ip.text(next),
                    "found by the kernel itself",
                    "somebody has set a permanent neighbour: " + Ip.text(next) + " is " + n.mac(),
                    "ip neigh del " + Ip.text(next) + " dev " + n.link() + " on " + self))
        .toList();
  }

  /** The owner of the link by which the declared route goes, when that is one of ours. */
  private static Optional<Owner> deviceOwner(Declared declared, Map<Owner, DesiredState> desired) {
    List<String> links =
        declared.route().nextHops().stream().flatMap(hop -> hop.link().stream()).toList();
    return desired.entrySet().stream()
        .filter(e -> !e.getKey().equals(declared.owner()))
        .filter(
            e ->
                e.getValue().objects().stream()
                    .anyMatch(
                        o ->
                            o instanceof Link link
                                && !link.isExternal()
                                && links.contains(link.name())))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** What the kernel has otherwise than this owner declares, as far as it is on this way. */
  private List<Hop> differences(
      Owner owner, Place place, Declared declared, Map<Owner, DesiredState> desired) {
    String what = "what " + owner + " declares";
    DesiredState state = desired.get(owner);
    if (state == null) {
      return List.of();
    }
    try {
      return dataplane.preview(owner, state).stream()
          .filter(change -> isOnTheWay(change, declared))
          .map(
              change ->
                  Hop.broken(
                      self,
                      place,
                      what,
                      change.after().map(KernelObject::toString).orElse(""),
                      change.before().orElse("missing in the kernel"),
                      "find out who changes it: dataplane:drift on " + self + " names it"))
          .toList();
    } catch (DataplaneException e) {
      return List.of(Hop.unknown(self, place, what, e.getMessage()));
    }
  }

  private boolean isOnTheWay(Change change, Declared declared) {
    if (change.after().isEmpty()) {
      return false; // More than declared: goes as soon as it is looked at.
    }
    KernelObject object = change.after().get();
    List<NextHop> hops = declared == null ? List.of() : declared.route().nextHops();
    if (object instanceof Route route) {
      return route.destination().contains(far);
    }
    if (object instanceof Neighbour neighbour) {
      return hops.stream().anyMatch(h -> h.gateway().equals(Optional.of(neighbour.address())));
    }
    if (object instanceof FdbEntry entry) {
      return underlay.equals(Optional.of(entry.destination()));
    }
    if (object instanceof Link link) {
      return hops.stream().anyMatch(h -> h.link().equals(Optional.of(link.name())));
    }
    return true;
  }

  private static Optional<Interface> link(String name, ActualState kernel) {
    return kernel.links().stream().filter(i -> i.name().equals(name)).findFirst();
  }

  /** A lookup's answer in the syntax of {@code ip route get}. */
  static String text(InetAddress address, Optional<FibResult> way) {
    return way.map(
            w ->
                w.local()
                    ? Ip.text(address) + " is the node's own, on " + w.link()
                    : Ip.text(address)
                        + w.gateway().map(g -> " via " + Ip.text(g)).orElse("")
                        + " dev "
                        + w.link())
        .orElse("no route to " + Ip.text(address));
  }
}
