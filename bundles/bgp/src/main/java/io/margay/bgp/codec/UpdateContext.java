// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import io.margay.api.net.IpFamily;
import java.util.Set;

/**
 * What a session agreed upon, as far as it matters for what an UPDATE means.
 *
 * @param isExternal whether the peer is in another AS
 * @param peerAs first number that the path of an external peer must have; 0 for any
 * @param hasFourOctetAs whether AS numbers have four octets. RFC 6793
 * @param families what may be told
 * @param pathIdFamilies whose prefixes have path identifiers. RFC 7911
 * @param hasExtendedNextHop whether IPv4 prefixes may have next hops of IPv6. RFC 8950
 */
public record UpdateContext(
    boolean isExternal,
    long peerAs,
    boolean hasFourOctetAs,
    Set<IpFamily> families,
    Set<IpFamily> pathIdFamilies,
    boolean hasExtendedNextHop) {
  public UpdateContext {
    families = Set.copyOf(families);
    pathIdFamilies = Set.copyOf(pathIdFamilies);
  }
}
