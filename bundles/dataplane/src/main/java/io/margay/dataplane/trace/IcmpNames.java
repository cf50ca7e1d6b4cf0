// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

/** Names of ICMP's codes of "destination unreachable". */
final class IcmpNames {
  private IcmpNames() {}

  /** RFC 792, RFC 1812 section 5.2.7.1. */
  static String code4(int code) {
    return switch (code) {
      case 0 -> "network unreachable";
      case 1 -> "host unreachable";
      case 2 -> "protocol unreachable";
      case 3 -> "port unreachable";
      case 9, 10, 13 -> "administratively prohibited";
      default -> "unreachable, code " + code;
    };
  }

  /** RFC 4443 section 3.1. */
  static String code6(int code) {
    return switch (code) {
      case 0 -> "no route";
      case 1 -> "administratively prohibited";
      case 2 -> "beyond the scope of the source";
      case 3 -> "address unreachable";
      case 4 -> "port unreachable";
      case 5 -> "source refused by policy";
      case 6 -> "route rejects";
      default -> "unreachable, code " + code;
    };
  }

  /** What an ICMP packet is. */
  static String type(boolean isIpv6, int type, int code) {
    if (isIpv6) {
      return switch (type) {
        case 1 -> code6(code);
        case 2 -> "packet too big";
        case 3 -> "hop limit exceeded";
        case 128 -> "echo request";
        case 129 -> "echo reply";
        default -> "type " + type;
      };
    }
    return switch (type) {
      case 0 -> "echo reply";
      case 3 -> code == 4 ? "fragmentation needed" : code4(code);
      case 8 -> "echo request";
      case 11 -> "time to live exceeded";
      default -> "type " + type;
    };
  }
}
