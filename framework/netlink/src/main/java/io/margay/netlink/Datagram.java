// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Reads the messages of a received datagram one after the other. linux/netlink.h, struct nlmsghdr.
 */
final class Datagram {
  static final int NLMSG_HDRLEN = 16;
  static final int NLMSG_ERROR = 2;
  static final int NLMSG_DONE = 3;
  static final int NLMSG_OVERRUN = 4;
  static final int NLM_F_DUMP_INTR = 0x10;
  private static final int NLM_F_CAPPED = 0x100;
  private static final int NLM_F_ACK_TLVS = 0x200;
  private static final int NLMSGERR_ATTR_MSG = 1;

  private final ByteBuffer in;
  private int type;
  private int flags;
  private int sequence;
  private int port;
  private ByteBuffer body;

  Datagram(ByteBuffer in) {
    this.in = in;
  }

  /** Moves to the next message; false at the end. */
  boolean next() throws NetlinkException {
    if (!in.hasRemaining()) {
      return false;
    }
    int start = in.position();
    int length = in.remaining() < NLMSG_HDRLEN ? 0 : in.getInt(start);
    if (length < NLMSG_HDRLEN || length > in.remaining()) {
      throw NetlinkException.malformed(
          "message of length " + length + " in " + in.remaining() + " bytes");
    }
    type = in.getShort(start + 4) & 0xffff;
    flags = in.getShort(start + 6) & 0xffff;
    sequence = in.getInt(start + 8);
    port = in.getInt(start + 12);
    body = in.slice(start + NLMSG_HDRLEN, length - NLMSG_HDRLEN).order(ByteOrder.nativeOrder());
    in.position(Math.min(start + Attributes.align(length), in.limit()));
    return true;
  }

  int type() {
    return type;
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  int sequence() {
    return sequence;
  }

  int port() {
    return port;
  }

  ByteBuffer body() {
    return body;
  }

  /** The error number of NLMSG_ERROR or NLMSG_DONE; 0 is success. */
  int error() throws NetlinkException {
    if (body.remaining() < 4) {
      if (type == NLMSG_DONE) {
        return 0;
      }
      throw NetlinkException.malformed("error message of " + body.remaining() + " bytes");
    }
    return -body.getInt(0);
  }

  /** The kernel's text beside the error number, or an empty string. */
  String errorText() throws NetlinkException {
    if (!has(NLM_F_ACK_TLVS)) {
      return "";
    }
    int at = 4;
    if (type == NLMSG_ERROR) {
      // The header of the refused message follows, and its body unless the kernel left it out.
      int refused = body.remaining() < 8 ? 0 : body.getInt(4);
      at += has(NLM_F_CAPPED) ? NLMSG_HDRLEN : Attributes.align(refused);
    }
    if (at < 4 || at > body.limit()) {
      throw NetlinkException.malformed("error message of " + body.remaining() + " bytes");
    }
    Optional<String> text =
        Attributes.decode(body.slice(at, body.limit() - at)).string(NLMSGERR_ATTR_MSG);
    return text.orElse("");
  }
}
