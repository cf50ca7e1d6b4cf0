// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import io.margay.api.net.IpFamily;

/**
 * How a speaker introduces itself. RFC 4271 section 4.2.
 *
 * @param asNumber of four octets when the speaker has them
 * @param holdSeconds 0, or 3..65535
 * @param identifier not 0
 * @param unsupported how many capabilities we know nothing of
 */
public record Open(
    long asNumber, int holdSeconds, int identifier, Capabilities capabilities, int unsupported) {
  private static final int VERSION = 4;
  private static final int FIXED_LENGTH = 10;
  private static final int CAPABILITY_PARAMETER = 2;

  /** Says that lengths have two octets. RFC 9072. */
  private static final int EXTENDED = 255;

  public Open(long asNumber, int holdSeconds, int identifier, Capabilities capabilities) {
    this(asNumber, holdSeconds, identifier, capabilities, 0);
  }

  /** The family of a pair of numbers; null when it is none of ours, or not unicast. */
  static IpFamily family(int afi, int safi) {
    return safi != 1 ? null : afi == 1 ? IpFamily.IPV4 : afi == 2 ? IpFamily.IPV6 : null;
  }

  /** AFI. IANA "Address Family Numbers". */
  static int afi(IpFamily family) {
    return family == IpFamily.IPV4 ? 1 : 2;
  }

  /**
   * Reads a message.
   *
   * @throws BgpException code 2
   */
  public static Open decode(byte[] bytes, int from, int to) throws BgpException {
    int at = from + Message.HEADER_LENGTH;
    if (Bytes.u8(bytes, at) != VERSION) {
      byte[] data = {0, VERSION};
      throw new BgpException(
          new Notification(Notification.OPEN, 1, data), "version " + Bytes.u8(bytes, at));
    }
    int shortAs = Bytes.u16(bytes, at + 1);
    int hold = Bytes.u16(bytes, at + 3);
    int identifier = Bytes.i32(bytes, at + 5);
    CapabilityReader reader = new CapabilityReader();
    readParameters(reader, bytes, at + FIXED_LENGTH - 1, to);
    long as = reader.asNumber().orElse(shortAs);
    if (as == 0) {
      throw BgpException.of(Notification.OPEN, 2, "AS number 0");
    }
    if (identifier == 0) {
      throw BgpException.of(Notification.OPEN, 3, "identifier 0.0.0.0");
    }
    if (hold == 1 || hold == 2) {
      throw BgpException.of(Notification.OPEN, 6, "hold time " + hold + " s");
    }
    return new Open(as, hold, identifier, reader.capabilities(), reader.unsupported());
  }

  private static void readParameters(CapabilityReader reader, byte[] bytes, int at, int to)
      throws BgpException {
    int length = Bytes.u8(bytes, at);
    boolean isExtended = length != 0 && at + 1 < to && Bytes.u8(bytes, at + 1) == EXTENDED;
    int next = isExtended ? at + 4 : at + 1;
    if (isExtended && next > to) {
      throw malformed("the optional parameters have no length");
    }
    int end = next + (isExtended ? Bytes.u16(bytes, at + 2) : length);
    if (end != to) {
      throw malformed("the optional parameters do not fill the message");
    }
    int header = isExtended ? 3 : 2;
    while (next < end) {
      if (next + header > end) {
        throw malformed("half an optional parameter");
      }
      int valueAt = next + header;
      int valueEnd =
          valueAt + (isExtended ? Bytes.u16(bytes, next + 1) : Bytes.u8(bytes, next + 1));
      if (valueEnd > end) {
        throw malformed("an optional parameter is longer than all");
      }
      if (Bytes.u8(bytes, next) != CAPABILITY_PARAMETER) {
        throw BgpException.of(Notification.OPEN, 4, "parameter " + Bytes.u8(bytes, next));
      }
      reader.read(bytes, valueAt, valueEnd);
      next = valueEnd;
    }
  }

  static BgpException malformed(String detail) {
    return BgpException.of(Notification.OPEN, 0, detail);
  }

  /** The whole message. */
  public byte[] encode() {
    byte[] list = new CapabilityWriter().write(this);
    int parameters = list.length == 0 ? 0 : list.length + 2;
    byte[] message =
        Message.header(Message.OPEN, Message.HEADER_LENGTH + FIXED_LENGTH + parameters);
    int at = Message.HEADER_LENGTH;
    message[at] = VERSION;
    Bytes.put16(message, at + 1, asNumber > 0xffff ? AsPath.AS_TRANS : (int) asNumber);
    Bytes.put16(message, at + 3, holdSeconds);
    Bytes.put32(message, at + 5, identifier);
    message[at + 9] = (byte) parameters;
    if (parameters > 0) {
      message[at + 10] = CAPABILITY_PARAMETER;
      message[at + 11] = (byte) list.length;
      System.arraycopy(list, 0, message, at + 12, list.length);
    }
    return message;
  }
}
