// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Capabilities.GracefulRestart;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Collects the capabilities of an OPEN, however they are spread over its parameters. */
final class CapabilityReader {
  static final int MULTIPROTOCOL = 1;
  static final int ROUTE_REFRESH = 2;
  static final int EXTENDED_NEXT_HOP = 5;
  static final int EXTENDED_MESSAGE = 6;
  static final int ROLE = 9;
  static final int GRACEFUL_RESTART = 64;
  static final int FOUR_OCTET_AS = 65;
  static final int ADD_PATH = 69;
  static final int ENHANCED_REFRESH = 70;
  static final int LONG_LIVED_RESTART = 71;

  /** What Cisco had before RFC 2918, and FRR still sends. */
  static final int OLD_ROUTE_REFRESH = 128;

  /** R and N. RFC 4724 section 3, RFC 8538 section 2. */
  static final int RESTARTING = 0x8000;

  static final int NOTIFICATIONS = 0x4000;
  static final int FORWARDING_KEPT = 0x80;

  private final Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
  private final Set<IpFamily> extendedNextHops = EnumSet.noneOf(IpFamily.class);
  private final Map<IpFamily, Integer> longLived = new EnumMap<>(IpFamily.class);
  private final Map<IpFamily, Integer> pathIds = new EnumMap<>(IpFamily.class);
  private boolean hasRouteRefresh;
  private boolean hasEnhancedRefresh;
  private boolean hasExtendedMessages;
  private Optional<GracefulRestart> gracefulRestart = Optional.empty();
  private OptionalInt role = OptionalInt.empty();
  private OptionalLong asNumber = OptionalLong.empty();
  private boolean hasMultiprotocol;
  private int unsupported;

  /** Reads one parameter. */
  void read(byte[] bytes, int from, int to) throws BgpException {
    int at = from;
    while (at < to) {
      if (to - at < 2 || at + 2 + Bytes.u8(bytes, at + 1) > to) {
        throw Open.malformed("a capability is longer than its parameter");
      }
      int end = at + 2 + Bytes.u8(bytes, at + 1);
      readOne(Bytes.u8(bytes, at), bytes, at + 2, end);
      at = end;
    }
  }

  private void readOne(int code, byte[] bytes, int at, int end) throws BgpException {
    int length = end - at;
    switch (code) {
      case MULTIPROTOCOL -> {
        require(length == 4, "multiprotocol");
        hasMultiprotocol = true;
        add(families, Open.family(Bytes.u16(bytes, at), Bytes.u8(bytes, at + 3)));
      }
      case ROUTE_REFRESH, OLD_ROUTE_REFRESH -> hasRouteRefresh = true;
      case ENHANCED_REFRESH -> hasEnhancedRefresh = true;
      case EXTENDED_MESSAGE -> hasExtendedMessages = true;
      case FOUR_OCTET_AS -> {
        require(length == 4, "four-octet AS number");
        asNumber = OptionalLong.of(Bytes.u32(bytes, at));
      }
      case EXTENDED_NEXT_HOP -> readNextHops(bytes, at, end);
      case GRACEFUL_RESTART -> readRestart(bytes, at, end);
      case LONG_LIVED_RESTART -> readLongLived(bytes, at, end);
      case ADD_PATH -> readPathIds(bytes, at, end);
      case ROLE -> role = length == 1 ? OptionalInt.of(Bytes.u8(bytes, at)) : role;
      default -> unsupported++;
    }
  }

  private static void require(boolean isRight, String name) throws BgpException {
    if (!isRight) {
      throw Open.malformed("length of the capability " + name);
    }
  }

  private static void add(Set<IpFamily> set, IpFamily family) {
    if (family != null) {
      set.add(family);
    }
  }

  private void readNextHops(byte[] bytes, int from, int to) {
    for (int at = from; at + 6 <= to; at += 6) {
      if (Bytes.u16(bytes, at + 4) == Open.afi(IpFamily.IPV6)) {
        add(extendedNextHops, Open.family(Bytes.u16(bytes, at), Bytes.u16(bytes, at + 2)));
      }
    }
  }

  private void readRestart(byte[] bytes, int from, int to) {
    if (to - from < 2) {
      return;
    }
    Map<IpFamily, Boolean> kept = new EnumMap<>(IpFamily.class);
    for (int at = from + 2; at + 4 <= to; at += 4) {
      IpFamily family = Open.family(Bytes.u16(bytes, at), Bytes.u8(bytes, at + 2));
      if (family != null) {
        kept.put(family, (bytes[at + 3] & FORWARDING_KEPT) != 0);
      }
    }
    int flags = Bytes.u16(bytes, from);
    gracefulRestart =
        Optional.of(
            new GracefulRestart(
                (flags & RESTARTING) != 0, (flags & NOTIFICATIONS) != 0, flags & 0xfff, kept));
  }

  private void readLongLived(byte[] bytes, int from, int to) {
    for (int at = from; at + 7 <= to; at += 7) {
      IpFamily family = Open.family(Bytes.u16(bytes, at), Bytes.u8(bytes, at + 2));
      if (family != null) {
        longLived.put(family, Bytes.u8(bytes, at + 4) << 16 | Bytes.u16(bytes, at + 5));
      }
    }
  }

  private void readPathIds(byte[] bytes, int from, int to) {
    for (int at = from; at + 4 <= to; at += 4) {
      IpFamily family = Open.family(Bytes.u16(bytes, at), Bytes.u8(bytes, at + 2));
      int mode = Bytes.u8(bytes, at + 3);
      if (family != null && mode >= 1 && mode <= 3) {
        pathIds.put(family, mode);
      }
    }
  }

  OptionalLong asNumber() {
    return asNumber;
  }

  int unsupported() {
    return unsupported;
  }

  /** Whether the speaker named families, though none of ours. */
  boolean hasOnlyOtherFamilies() {
    return hasMultiprotocol && families.isEmpty();
  }

  Capabilities capabilities() {
    return new Capabilities(
        families,
        asNumber.isPresent(),
        hasRouteRefresh,
        hasEnhancedRefresh,
        hasExtendedMessages,
        extendedNextHops,
        gracefulRestart,
        longLived,
        pathIds,
        role);
  }
}
