// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.transport;

import io.margay.api.net.IpFamily;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What of a socket belongs to a peer.
 *
 * @param password TCP MD5, RFC 2385
 * @param ttlSecurity hops to the peer, RFC 5082
 */
public record SocketOptions(Optional<String> password, OptionalInt ttlSecurity) {
  /** linux/in.h and linux/in6.h. */
  static final IntegerUnixChannelOption IP_TTL = option("IP_TTL", 0, 2);

  static final IntegerUnixChannelOption IP_MINTTL = option("IP_MINTTL", 0, 21);
  static final IntegerUnixChannelOption IPV6_UNICAST_HOPS = option("IPV6_UNICAST_HOPS", 41, 16);
  static final IntegerUnixChannelOption IPV6_V6ONLY = option("IPV6_V6ONLY", 41, 26);
  static final IntegerUnixChannelOption IPV6_MINHOPCOUNT = option("IPV6_MINHOPCOUNT", 41, 73);
  private static final int MAX_TTL = 255;

  private static IntegerUnixChannelOption option(String name, int level, int number) {
    return new IntegerUnixChannelOption(name, level, number);
  }

  static IntegerUnixChannelOption ttl(IpFamily family) {
    return family == IpFamily.IPV4 ? IP_TTL : IPV6_UNICAST_HOPS;
  }

  static IntegerUnixChannelOption minTtl(IpFamily family) {
    return family == IpFamily.IPV4 ? IP_MINTTL : IPV6_MINHOPCOUNT;
  }

  /** What packets go out with. Always multihop, as Calico: a peer may be behind a router. */
  static int ttl() {
    return MAX_TTL;
  }

  /** The least with which packets count; 0 for any. */
  int leastTtl() {
    return ttlSecurity.isPresent() ? MAX_TTL + 1 - Math.max(1, ttlSecurity.getAsInt()) : 0;
  }
}
