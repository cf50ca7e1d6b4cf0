// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** A routing daemon of somebody else that speaks BGP, run as a process. */
public interface BgpDaemon extends AutoCloseable {
  /** Starts it; returns when it answers. */
  void start();

  /** Ends it at once, as a crash does: its neighbours are told nothing. */
  void kill();

  /** Starts it again as one that forwarded on while it was away. RFC 4724. */
  void restart();

  /** Originates these routes and no other ones; from its start on when it does not run. */
  void announce(Announcement... routes);

  boolean isEstablished(InetAddress neighbour);

  /** The routes that it learned from its neighbours and would use, in its own order. */
  List<SeenRoute> learned(IpFamily family);

  /** The routes of a prefix that it learned, empty when none or when it is not among the used. */
  default Optional<SeenRoute> learned(String prefix) {
    Cidr cidr = Cidr.parse(prefix);
    return learned(cidr.family()).stream().filter(r -> r.prefix().equals(cidr)).findFirst();
  }

  /** Asks a neighbour to send its routes again. RFC 2918. */
  void refresh(InetAddress neighbour);

  /** How many UPDATEs, or routes in them, it has had from a neighbour in this session. */
  long updatesReceived(InetAddress neighbour);

  /** Whether {@link #refresh} is something that it does. */
  default boolean hasRefresh() {
    return true;
  }

  /** Whether its messages may be longer than 4096 bytes. RFC 8654. */
  default boolean hasExtendedMessages() {
    return true;
  }

  /** Whether it tells its IPv6 address over IPv4 by itself. */
  default boolean hasIpv6OverIpv4() {
    return true;
  }

  /** What it has to say of a neighbour, in its own words. */
  String describe(InetAddress neighbour);

  @Override
  void close();
}
