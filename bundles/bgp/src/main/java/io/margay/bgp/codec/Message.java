// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import java.util.Arrays;

/** What all messages have in common: the header. RFC 4271 section 4.1. */
public final class Message {
  public static final int OPEN = 1;
  public static final int UPDATE = 2;
  public static final int NOTIFICATION = 3;
  public static final int KEEPALIVE = 4;
  public static final int ROUTE_REFRESH = 5;

  /** Marker, length, type: 19 bytes. */
  public static final int HEADER_LENGTH = 19;

  /** Bytes, as long as extended messages are not agreed upon. */
  public static final int MAX_LENGTH = 4096;

  /** Bytes, with extended messages. RFC 8654. */
  public static final int MAX_EXTENDED_LENGTH = 65535;

  private static final int MARKER_LENGTH = 16;
  private static final int[] MIN_LENGTH = {0, 29, 23, HEADER_LENGTH, HEADER_LENGTH, HEADER_LENGTH};

  private Message() {}

  /**
   * Length of the message that begins here, in bytes; 0 when its header is not whole yet.
   *
   * @param to end of what has arrived
   * @param maxLength agreed upon, of UPDATE, NOTIFICATION and ROUTE-REFRESH
   * @throws BgpException code 1: marker, length, or type
   */
  public static int length(byte[] bytes, int from, int to, int maxLength) throws BgpException {
    if (to - from < HEADER_LENGTH) {
      return 0;
    }
    if ((Bytes.i64(bytes, from) & Bytes.i64(bytes, from + 8)) != -1L) {
      throw BgpException.of(Notification.HEADER, 1, "the marker is not all ones");
    }
    int length = Bytes.u16(bytes, from + MARKER_LENGTH);
    int type = Bytes.u8(bytes, from + MARKER_LENGTH + 2);
    if (length < HEADER_LENGTH || length > maxLength) {
      throw badLength(length);
    }
    if (type < OPEN || type > ROUTE_REFRESH) {
      byte[] data = {(byte) type};
      throw new BgpException(new Notification(Notification.HEADER, 3, data), "");
    }
    boolean isTooLong =
        type == KEEPALIVE && length > HEADER_LENGTH || type == OPEN && length > MAX_LENGTH;
    if (length < MIN_LENGTH[type] || isTooLong) {
      throw badLength(length);
    }
    return length;
  }

  private static BgpException badLength(int length) {
    byte[] data = new byte[2];
    Bytes.put16(data, 0, length);
    return new BgpException(new Notification(Notification.HEADER, 2, data), "");
  }

  /** Type of a message whose {@link #length} is known. */
  public static int type(byte[] bytes, int from) {
    return Bytes.u8(bytes, from + MARKER_LENGTH + 2);
  }

  public static byte[] keepalive() {
    return header(KEEPALIVE, HEADER_LENGTH);
  }

  /** Reads a NOTIFICATION message; one that is too short has code 0. RFC 4271 section 6.4. */
  public static Notification notification(byte[] bytes, int from, int to) {
    return Notification.decode(bytes, from + HEADER_LENGTH, to);
  }

  /** A message of this length with its header. */
  static byte[] header(int type, int length) {
    byte[] message = new byte[length];
    writeHeader(message, 0, type, length);
    return message;
  }

  static void writeHeader(byte[] bytes, int at, int type, int length) {
    Arrays.fill(bytes, at, at + MARKER_LENGTH, (byte) -1);
    Bytes.put16(bytes, at + MARKER_LENGTH, length);
    bytes[at + MARKER_LENGTH + 2] = (byte) type;
  }
}
