// SPDX-License-Identifier: Apache-2.0
package io.margay.api.sharing;

import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;

/**
 * A session with a peer.
 *
 * @param state RFC 4271 section 8.2.2: Idle, Connect, Active, OpenSent, OpenConfirm, Established
 * @param since when it entered that state
 * @param node name of the peer when it is one of the cluster
 * @param detail last error, in words; empty when none
 */
public record Session(
    InetAddress peer,
    Optional<String> node,
    long asNumber,
    String state,
    Instant since,
    String detail) {}
