// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import java.net.InetAddress;

/**
 * What attributes become on their way to some peers. RFC 4271 section 5.1, RFC 4456 section 8.
 *
 * @param isExternal whether the peers are in another AS
 * @param localAs goes before the path for external peers
 * @param hasFourOctetAs whether the peers have AS numbers of four octets
 * @param self our address, the next hop of our own routes
 * @param keepsNextHop whether routes of others keep theirs
 * @param clusterId goes before the cluster list of what is reflected
 */
public record ExportRules(
    boolean isExternal,
    long localAs,
    boolean hasFourOctetAs,
    InetAddress self,
    boolean keepsNextHop,
    int clusterId) {}
