// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.CapabilityReader.ENHANCED_REFRESH;
import static io.margay.bgp.codec.CapabilityReader.EXTENDED_MESSAGE;
import static io.margay.bgp.codec.CapabilityReader.EXTENDED_NEXT_HOP;
import static io.margay.bgp.codec.CapabilityReader.FORWARDING_KEPT;
import static io.margay.bgp.codec.CapabilityReader.FOUR_OCTET_AS;
import static io.margay.bgp.codec.CapabilityReader.GRACEFUL_RESTART;
import static io.margay.bgp.codec.CapabilityReader.MULTIPROTOCOL;
import static io.margay.bgp.codec.CapabilityReader.NOTIFICATIONS;
import static io.margay.bgp.codec.CapabilityReader.RESTARTING;
import static io.margay.bgp.codec.CapabilityReader.ROUTE_REFRESH;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Capabilities.GracefulRestart;
import java.io.ByteArrayOutputStream;
import java.util.TreeMap;
import java.util.TreeSet;

/** Writes capabilities one behind the other: those that we offer fit into one parameter. */
final class CapabilityWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  byte[] write(Open open) {
    Capabilities can = open.capabilities();
    for (IpFamily family : new TreeSet<>(can.families())) {
      capability(MULTIPROTOCOL, 0, Open.afi(family), 0, 1);
    }
    if (can.hasRouteRefresh()) {
      capability(ROUTE_REFRESH);
    }
    if (!can.extendedNextHops().isEmpty()) {
      begin(EXTENDED_NEXT_HOP, 6 * can.extendedNextHops().size());
      for (IpFamily family : new TreeSet<>(can.extendedNextHops())) {
        bytes(0, Open.afi(family), 0, 1, 0, Open.afi(IpFamily.IPV6));
      }
    }
    if (can.hasExtendedMessages()) {
      capability(EXTENDED_MESSAGE);
    }
    can.gracefulRestart().ifPresent(this::restart);
    if (can.hasFourOctetAs()) {
      int as = (int) open.asNumber();
      capability(FOUR_OCTET_AS, as >>> 24, as >>> 16, as >>> 8, as);
    }
    if (can.hasEnhancedRefresh()) {
      capability(ENHANCED_REFRESH);
    }
    return out.toByteArray();
  }

  private void restart(GracefulRestart restart) {
    int flags =
        restart.seconds()
            | (restart.isRestarting() ? RESTARTING : 0)
            | (restart.hasNotifications() ? NOTIFICATIONS : 0);
    begin(GRACEFUL_RESTART, 2 + 4 * restart.families().size());
    bytes(flags >>> 8, flags);
    new TreeMap<>(restart.families())
        .forEach((family, kept) -> bytes(0, Open.afi(family), 1, kept ? FORWARDING_KEPT : 0));
  }

  private void capability(int code, int... value) {
    begin(code, value.length);
    bytes(value);
  }

  private void begin(int code, int length) {
    bytes(code, length);
  }

  private void bytes(int... values) {
    for (int value : values) {
      out.write(value);
    }
  }
}
