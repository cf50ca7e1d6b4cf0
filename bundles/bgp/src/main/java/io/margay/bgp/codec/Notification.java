// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why a session ends. RFC 4271 section 4.5.
 *
 * @param data what goes with it; not to be changed
 */
public record Notification(int code, int subcode, byte[] data) {
  public static final int HEADER = 1;
  public static final int OPEN = 2;
  public static final int UPDATE = 3;
  public static final int HOLD_TIMER_EXPIRED = 4;
  public static final int FSM = 5;
  public static final int CEASE = 6;
  public static final int ROUTE_REFRESH = 7;
  public static final int SEND_HOLD_TIMER_EXPIRED = 8;

  /** Cease. RFC 4486, RFC 8538, RFC 9384. */
  public static final int MAX_PREFIXES = 1;

  public static final int ADMIN_SHUTDOWN = 2;
  public static final int PEER_DECONFIGURED = 3;
  public static final int ADMIN_RESET = 4;
  public static final int CONNECTION_REJECTED = 5;
  public static final int OTHER_CONFIGURATION_CHANGE = 6;
  public static final int COLLISION = 7;
  public static final int OUT_OF_RESOURCES = 8;
  public static final int HARD_RESET = 9;

  private static final byte[] NOTHING = {};
  private static final Map<Integer, String> CODES =
      Map.of(
          HEADER, "Message Header Error",
          OPEN, "OPEN Message Error",
          UPDATE, "UPDATE Message Error",
          HOLD_TIMER_EXPIRED, "Hold Timer Expired",
          FSM, "Finite State Machine Error",
          CEASE, "Cease",
          ROUTE_REFRESH, "ROUTE-REFRESH Message Error",
          SEND_HOLD_TIMER_EXPIRED, "Send Hold Timer Expired");
  private static final Map<Integer, List<String>> SUBCODES =
      Map.of(
          HEADER,
          List.of("", "Connection Not Synchronized", "Bad Message Length", "Bad Message Type"),
          OPEN,
          List.of(
              "",
              "Unsupported Version Number",
              "Bad Peer AS",
              "Bad BGP Identifier",
              "Unsupported Optional Parameter",
              "",
              "Unacceptable Hold Time",
              "Unsupported Capability",
              "",
              "",
              "",
              "Role Mismatch"),
          UPDATE,
          List.of(
              "",
              "Malformed Attribute List",
              "Unrecognized Well-known Attribute",
              "Missing Well-known Attribute",
              "Attribute Flags Error",
              "Attribute Length Error",
              "Invalid ORIGIN Attribute",
              "",
              "Invalid NEXT_HOP Attribute",
              "Optional Attribute Error",
              "Invalid Network Field",
              "Malformed AS_PATH"),
          FSM,
          List.of(
              "",
              "unexpected in OpenSent",
              "unexpected in OpenConfirm",
              "unexpected in Established"),
          CEASE,
          List.of(
              "",
              "Maximum Number of Prefixes Reached",
              "Administrative Shutdown",
              "Peer De-configured",
              "Administrative Reset",
              "Connection Rejected",
              "Other Configuration Change",
              "Connection Collision Resolution",
              "Out of Resources",
              "Hard Reset",
              "BFD Down"),
          ROUTE_REFRESH,
          List.of("", "Invalid Message Length"));

  public static Notification of(int code, int subcode) {
    return new Notification(code, subcode, NOTHING);
  }

  /** Cease with a text for the operator of the other side. RFC 9003; cut to 255 octets. */
  public static Notification cease(int subcode, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(utf8.length, 255);
    while (length < utf8.length && (utf8[length] & 0xc0) == 0x80) {
      length--;
    }
    if (length == 0) {
      return of(CEASE, subcode);
    }
    byte[] data = new byte[length + 1];
    data[0] = (byte) length;
    System.arraycopy(utf8, 0, data, 1, length);
    return new Notification(CEASE, subcode, data);
  }

  /** Reads the message's body, behind its header. */
  static Notification decode(byte[] bytes, int from, int to) {
    if (to - from < 2) {
      return of(0, 0);
    }
    return new Notification(
        Bytes.u8(bytes, from), Bytes.u8(bytes, from + 1), Arrays.copyOfRange(bytes, from + 2, to));
  }

  /** The whole message. */
  public byte[] encode() {
    byte[] message = Message.header(Message.NOTIFICATION, Message.HEADER_LENGTH + 2 + data.length);
    message[Message.HEADER_LENGTH] = (byte) code;
    message[Message.HEADER_LENGTH + 1] = (byte) subcode;
    System.arraycopy(data, 0, message, Message.HEADER_LENGTH + 2, data.length);
    return message;
  }

  /** Whether routes are to go although graceful restart would keep them. RFC 8538 section 3. */
  public boolean isHardReset() {
    return code == CEASE && subcode == HARD_RESET;
  }

  /** The text of an operator, when there is one that can be read. RFC 9003. */
  public Optional<String> text() {
    boolean mayHave = code == CEASE && (subcode == ADMIN_SHUTDOWN || subcode == ADMIN_RESET);
    if (!mayHave || data.length < 2 || (data[0] & 0xff) != data.length - 1) {
      return Optional.empty();
    }
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(data, 1, data.length - 1))
              .toString();
      // It is shown in terminals and logs.
      return Optional.of(text.replaceAll("\\p{Cntrl}", "?"));
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Notification n
        && n.code == code
        && n.subcode == subcode
        && Arrays.equals(n.data, data);
  }

  @Override
  public int hashCode() {
    return code * 31 + subcode;
  }

  /** Such as {@code 6/2 Cease, Administrative Shutdown: "maintenance"}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder().append(code).append('/').append(subcode);
    text.append(' ').append(CODES.getOrDefault(code, "unknown code"));
    List<String> names = SUBCODES.getOrDefault(code, List.of());
    if (subcode < names.size() && !names.get(subcode).isEmpty()) {
      text.append(", ").append(names.get(subcode));
    }
    Optional<String> words = text();
    if (words.isPresent()) {
      text.append(": \"").append(words.get()).append('"');
    } else if (data.length > 0) {
      int shown = Math.min(data.length, 32);
      text.append(" (data ").append(HexFormat.of().formatHex(data, 0, shown));
      text.append(shown < data.length ? "...)" : ")");
    }
    return text.toString();
  }
}
