// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import io.margay.api.net.IpFamily;
import java.util.Optional;

/**
 * Asks for routes again, or frames what is sent again. RFC 2918, RFC 7313.
 *
 * @param family empty when it is none of ours: the message is to be ignored
 * @param subtype 0 request, 1 BoRR, 2 EoRR; others are to be ignored
 */
public record RouteRefresh(Optional<IpFamily> family, int subtype) {
  public static final int REQUEST = 0;
  public static final int BEGIN = 1;
  public static final int END = 2;
  private static final int LENGTH = Message.HEADER_LENGTH + 4;

  /**
   * Reads a message.
   *
   * @throws BgpException 7/1 for a wrong length; the data is the message
   */
  public static RouteRefresh decode(byte[] bytes, int from, int to) throws BgpException {
    if (to - from != LENGTH) {
      byte[] data = java.util.Arrays.copyOfRange(bytes, from, to);
      throw new BgpException(new Notification(Notification.ROUTE_REFRESH, 1, data), "");
    }
    int at = from + Message.HEADER_LENGTH;
    IpFamily family = Open.family(Bytes.u16(bytes, at), Bytes.u8(bytes, at + 3));
    return new RouteRefresh(Optional.ofNullable(family), Bytes.u8(bytes, at + 2));
  }

  /** The whole message, for one of our families. */
  public static byte[] encode(IpFamily family, int subtype) {
    byte[] message = Message.header(Message.ROUTE_REFRESH, LENGTH);
    Bytes.put16(message, Message.HEADER_LENGTH, Open.afi(family));
    message[Message.HEADER_LENGTH + 2] = (byte) subtype;
    message[Message.HEADER_LENGTH + 3] = 1;
    return message;
  }
}
