// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Map;

/**
 * What attributes become on their way to some peers. RFC 4271 section 5.1, RFC 4456 section 8.
 *
 * @param isExternal whether the peers are in another AS
 * @param localAs goes before the path for external peers
 * @param hasFourOctetAs whether the peers have AS numbers of four octets
 * @param self our addresses, the next hops of our own routes, by the family of these; there may be
 *     none for a family, whose routes then cannot be told
 * @param hasExtendedNextHop whether IPv4 routes may have next hops of IPv6. RFC 8950
 * @param keepsNextHop whether routes of others keep theirs
 * @param clusterId goes before the cluster list of what is reflected
 */
public record ExportRules(
    boolean isExternal,
    long localAs,
    boolean hasFourOctetAs,
    Map<IpFamily, InetAddress> self,
    boolean hasExtendedNextHop,
    boolean keepsNextHop,
    int clusterId) {
  public ExportRules {
    self = Map.copyOf(self);
  }
}
