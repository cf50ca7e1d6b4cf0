// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import io.margay.api.net.IpFamily;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a speaker can do beyond RFC 4271. RFC 5492.
 *
 * @param families multiprotocol, RFC 4760; empty when the speaker knows nothing of it
 * @param hasFourOctetAs RFC 6793
 * @param hasRouteRefresh RFC 2918
 * @param hasEnhancedRefresh RFC 7313
 * @param hasExtendedMessages RFC 8654
 * @param extendedNextHops families whose prefixes may have an IPv6 next hop. RFC 8950
 * @param gracefulRestart RFC 4724; empty when absent
 * @param longLivedSeconds by family, RFC 9494
 * @param pathIds 1 receive, 2 send, 3 both, by family. RFC 7911
 * @param role 0 provider, 1 route server, 2 its client, 3 customer, 4 peer. RFC 9234
 */
public record Capabilities(
    Set<IpFamily> families,
    boolean hasFourOctetAs,
    boolean hasRouteRefresh,
    boolean hasEnhancedRefresh,
    boolean hasExtendedMessages,
    Set<IpFamily> extendedNextHops,
    Optional<GracefulRestart> gracefulRestart,
    Map<IpFamily, Integer> longLivedSeconds,
    Map<IpFamily, Integer> pathIds,
    OptionalInt role) {
  /**
   * RFC 4724 section 3, RFC 8538.
   *
   * @param isRestarting whether the speaker has just restarted, and waits for nobody who has too
   * @param hasNotifications whether a NOTIFICATION is a graceful end too
   * @param seconds 0..4095, in which the speaker will be back
   * @param families that it takes part with; true for those whose forwarding it has kept
   */
  public record GracefulRestart(
      boolean isRestarting,
      boolean hasNotifications,
      int seconds,
      Map<IpFamily, Boolean> families) {
    public GracefulRestart {
      families = Map.copyOf(families);
    }
  }

  /** Of a speaker that sends none: IPv4 with AS numbers of two octets. */
  public static final Capabilities NONE =
      new Capabilities(
          Set.of(),
          false,
          false,
          false,
          false,
          Set.of(),
          Optional.empty(),
          Map.of(),
          Map.of(),
          OptionalInt.empty());

  public Capabilities {
    families = Set.copyOf(families);
    extendedNextHops = Set.copyOf(extendedNextHops);
    longLivedSeconds = Map.copyOf(longLivedSeconds);
    pathIds = Map.copyOf(pathIds);
  }

  /** What the speaker can tell about: IPv4 when it does not say. */
  public Set<IpFamily> effectiveFamilies() {
    return families.isEmpty() ? Set.of(IpFamily.IPV4) : families;
  }
}
