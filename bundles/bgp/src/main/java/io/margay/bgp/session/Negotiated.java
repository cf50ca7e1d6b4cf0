// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Capabilities;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.Open;
import java.util.EnumSet;
import java.util.Set;

/**
 * What both speakers can do.
 *
 * @param peer its OPEN
 * @param holdSeconds the smaller of both; 0 for no keepalives
 * @param keepaliveSeconds between two, at most
 */
public record Negotiated(
    Open peer,
    Set<IpFamily> families,
    boolean hasFourOctetAs,
    boolean hasRouteRefresh,
    boolean hasEnhancedRefresh,
    boolean hasExtendedNextHop,
    int maxMessageLength,
    int holdSeconds,
    double keepaliveSeconds) {
  /**
   * The least of what both offer.
   *
   * @param keepalive as configured, in seconds; 0 for a third of the hold time
   */
  static Negotiated of(Open mine, Open peer, int keepalive) {
    Capabilities own = mine.capabilities();
    Capabilities other = peer.capabilities();
    Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    families.addAll(own.effectiveFamilies());
    families.retainAll(other.effectiveFamilies());
    int hold = Math.min(mine.holdSeconds(), peer.holdSeconds());
    double third = hold / 3.0;
    boolean isExtended = own.hasExtendedMessages() && other.hasExtendedMessages();
    return new Negotiated(
        peer,
        families,
        own.hasFourOctetAs() && other.hasFourOctetAs(),
        own.hasRouteRefresh() && other.hasRouteRefresh(),
        own.hasEnhancedRefresh() && other.hasEnhancedRefresh(),
        own.extendedNextHops().contains(IpFamily.IPV4)
            && other.extendedNextHops().contains(IpFamily.IPV4),
        isExtended ? Message.MAX_EXTENDED_LENGTH : Message.MAX_LENGTH,
        hold,
        keepalive > 0 ? Math.min(keepalive, third) : third);
  }
}
