// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import io.margay.bgp.codec.Open;

/**
 * How a session is to be.
 *
 * @param open what we say; its capabilities are what we offer
 * @param remoteAs what the peer has to say
 * @param isPassive whether we wait for the peer to connect
 * @param keepaliveSeconds 0 for a third of the hold time
 * @param retrySeconds between attempts to connect
 * @param sendHoldSeconds for which a peer may not read. RFC 9687
 */
public record SessionSettings(
    Open open,
    long remoteAs,
    boolean isPassive,
    int keepaliveSeconds,
    int retrySeconds,
    int sendHoldSeconds) {
  boolean isInternal() {
    return open.asNumber() == remoteAs;
  }
}
