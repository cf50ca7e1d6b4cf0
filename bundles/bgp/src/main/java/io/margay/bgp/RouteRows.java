// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.CommandException;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.bgp.codec.Communities;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.rib.RouteView;
import java.net.InetAddress;
import java.util.Optional;
import java.util.function.Predicate;

/** Routes as rows of a table. */
final class RouteRows {
  static final String PREFIX = "prefix";
  static final String PREFIX_HELP = "only this prefix and what lies in it";

  private RouteRows() {}

  /** A route that we have. */
  record Learned(
      Prefix prefix,
      String from,
      Optional<InetAddress> nextHop,
      String path,
      Optional<Long> localPref,
      Optional<Long> med,
      String communities,
      String state) {}

  /** A route that we tell. */
  record Told(
      Prefix prefix,
      Optional<InetAddress> nextHop,
      String path,
      Optional<Long> localPref,
      Optional<Long> med,
      String communities) {}

  static Learned learned(RouteView view) {
    PathAttributes a = view.used() != null ? view.used() : view.received();
    String state = view.isBest() ? "best" : view.reason();
    return new Learned(
        view.prefix(),
        view.peer().name(),
        Optional.ofNullable(a.nextHop()),
        a.asPath().toString(),
        localPref(a),
        med(a),
        communities(a),
        view.isStale() ? state + ", stale" : state);
  }

  static Told told(Prefix prefix, PathAttributes a) {
    return new Told(
        prefix,
        Optional.ofNullable(a.nextHop()),
        a.asPath().toString(),
        localPref(a),
        med(a),
        communities(a));
  }

  private static Optional<Long> localPref(PathAttributes a) {
    return a.hasLocalPref() ? Optional.of(Integer.toUnsignedLong(a.localPref())) : Optional.empty();
  }

  private static Optional<Long> med(PathAttributes a) {
    return a.hasMed() ? Optional.of(Integer.toUnsignedLong(a.med())) : Optional.empty();
  }

  private static String communities(PathAttributes a) {
    return Communities.all(a);
  }

  /** What lies in a prefix; everything when none is given. */
  static Predicate<Prefix> within(Optional<String> text) throws CommandException {
    if (text.isEmpty()) {
      return prefix -> true;
    }
    Prefix outer = parse(text.get());
    return outer::contains;
  }

  /** A prefix, or an address as a prefix. */
  static Prefix parse(String text) throws CommandException {
    try {
      return Prefix.of(text.contains("/") ? Cidr.parse(text) : Cidr.host(Ip.parse(text)));
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }
}
