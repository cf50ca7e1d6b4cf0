// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.AttributeType.AGGREGATOR;
import static io.margay.bgp.codec.AttributeType.AS4_AGGREGATOR;
import static io.margay.bgp.codec.AttributeType.AS4_PATH;
import static io.margay.bgp.codec.AttributeType.AS_PATH;
import static io.margay.bgp.codec.AttributeType.ATOMIC_AGGREGATE;
import static io.margay.bgp.codec.AttributeType.CLUSTER_LIST;
import static io.margay.bgp.codec.AttributeType.COMMUNITIES;
import static io.margay.bgp.codec.AttributeType.EXTENDED_COMMUNITIES;
import static io.margay.bgp.codec.AttributeType.LARGE_COMMUNITIES;
import static io.margay.bgp.codec.AttributeType.LOCAL_PREF;
import static io.margay.bgp.codec.AttributeType.MP_REACH_NLRI;
import static io.margay.bgp.codec.AttributeType.MULTI_EXIT_DISC;
import static io.margay.bgp.codec.AttributeType.NEXT_HOP;
import static io.margay.bgp.codec.AttributeType.ONLY_TO_CUSTOMER;
import static io.margay.bgp.codec.AttributeType.OPTIONAL;
import static io.margay.bgp.codec.AttributeType.ORIGIN;
import static io.margay.bgp.codec.AttributeType.ORIGINATOR_ID;
import static io.margay.bgp.codec.AttributeType.TRANSITIVE;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Judges attributes one by one, RFC 7606 section 7, and writes those that hold as a canonical
 * block. Reused; confined to a thread.
 */
final class AttributeValidator {
  private record Value(int flags, byte[] bytes) {}

  private final UpdateContext context;
  private final Map<Integer, Value> values = new TreeMap<>();
  private int[] discarded = new int[0];
  private boolean isUntrusted;
  private String complaint = "";

  AttributeValidator(UpdateContext context) {
    this.context = context;
  }

  void clear() {
    values.clear();
    discarded = new int[0];
    isUntrusted = false;
    complaint = "";
  }

  /** Takes an attribute; throws when it costs the session. */
  void add(byte[] bytes, int start, int at, int end) throws BgpException {
    int flags = Bytes.u8(bytes, start);
    int type = Bytes.u8(bytes, start + 1);
    if (!AttributeType.isKnown(type)) {
      addUnknown(bytes, start, at, end);
    } else if (isNotForUs(type)) {
      discard(type, "is not for such a peer", bytes, at, end);
    } else if (!AttributeType.hasRightFlags(type, flags)) {
      distrust(type, "has wrong flags", bytes, start, end);
    } else {
      String fault = fault(type, bytes, at, end);
      if (fault == null) {
        values.put(type, new Value(flags, Arrays.copyOfRange(bytes, at, end)));
      } else if (isDispensable(type)) {
        discard(type, fault, bytes, at, end);
      } else {
        distrust(type, fault, bytes, at, end);
      }
    }
  }

  private void addUnknown(byte[] bytes, int start, int at, int end) throws BgpException {
    int flags = Bytes.u8(bytes, start);
    if ((flags & OPTIONAL) == 0) {
      byte[] data = Arrays.copyOfRange(bytes, start, end);
      throw new BgpException(new Notification(Notification.UPDATE, 2, data), "");
    }
    if ((flags & TRANSITIVE) != 0) {
      values.put(Bytes.u8(bytes, start + 1), new Value(flags, Arrays.copyOfRange(bytes, at, end)));
    }
  }

  /** From external peers these mean nothing; AS4_ ones are for old speakers. */
  private boolean isNotForUs(int type) {
    return switch (type) {
      case LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST -> context.isExternal();
      case AS4_PATH, AS4_AGGREGATOR -> context.hasFourOctetAs();
      default -> false;
    };
  }

  /** Whether a route can be used without the attribute when it is malformed. */
  private static boolean isDispensable(int type) {
    return switch (type) {
      case ATOMIC_AGGREGATE, AGGREGATOR, AS4_PATH, AS4_AGGREGATOR -> true;
      default -> false;
    };
  }

  /** What is wrong with a value; null when nothing is. */
  private String fault(int type, byte[] bytes, int at, int end) {
    int length = end - at;
    return switch (type) {
      case ORIGIN -> length != 1 ? "length" : Bytes.u8(bytes, at) > 2 ? "value" : null;
      case AS_PATH -> AsPath.fault(bytes, at, end, context.hasFourOctetAs() ? 4 : 2);
      case AS4_PATH -> length == 0 ? "length" : AsPath.fault(bytes, at, end, 4);
      case NEXT_HOP ->
          length != 4
              ? "length"
              : isUsableNextHop(bytes, at, 4) ? null : "an address that is no host's";
      case MULTI_EXIT_DISC, LOCAL_PREF, ORIGINATOR_ID, ONLY_TO_CUSTOMER ->
          length != 4 ? "length" : null;
      case ATOMIC_AGGREGATE -> length != 0 ? "length" : null;
      case AGGREGATOR -> aggregator(bytes, at, length, context.hasFourOctetAs() ? 4 : 2);
      case AS4_AGGREGATOR -> aggregator(bytes, at, length, 4);
      case COMMUNITIES, CLUSTER_LIST -> multiple(length, 4);
      case EXTENDED_COMMUNITIES -> multiple(length, 8);
      case LARGE_COMMUNITIES -> multiple(length, 12);
      default -> null;
    };
  }

  private static String multiple(int length, int of) {
    return length == 0 || length % of != 0 ? "length" : null;
  }

  private static String aggregator(byte[] bytes, int at, int length, int asBytes) {
    if (length != asBytes + 4) {
      return "length";
    }
    boolean isZero = asBytes == 4 ? Bytes.i32(bytes, at) == 0 : Bytes.u16(bytes, at) == 0;
    return isZero ? "AS number 0" : null;
  }

  /** Whether an address can be a next hop: one host, and not this one. */
  static boolean isUsableNextHop(byte[] bytes, int at, int length) {
    int first = Bytes.u8(bytes, at);
    if (length == 4) {
      return first != 0 && first != 127 && first < 224;
    }
    boolean isLoopbackOrNone = Bytes.i64(bytes, at) == 0 && Bytes.i64(bytes, at + 8) >>> 1 == 0;
    return first != 0xff && !isLoopbackOrNone;
  }

  private void discard(int type, String why, byte[] bytes, int from, int end) {
    discarded = Arrays.copyOf(discarded, discarded.length + 1);
    discarded[discarded.length - 1] = type;
    complain(type, why, bytes, from, end);
  }

  private void distrust(int type, String why, byte[] bytes, int from, int end) {
    isUntrusted = true;
    complain(type, why, bytes, from, end);
  }

  private void complain(int type, String why, byte[] bytes, int from, int end) {
    if (complaint.isEmpty()) {
      complaint =
          "attribute " + type + " " + why + ": " + Bytes.hex(bytes, from, Math.min(end, from + 32));
    }
  }

  /** After the last: puts together what an old speaker has in two attributes. */
  void finish() {
    if (context.hasFourOctetAs() || isUntrusted || !has(AS_PATH)) {
      return;
    }
    Value as4Path = values.remove(AS4_PATH);
    Value as4Aggregator = values.remove(AS4_AGGREGATOR);
    byte[] narrow = values.get(AS_PATH).bytes();
    AsPath path = AsPath.ofTwoOctets(narrow, 0, narrow.length);
    Value aggregator = values.get(AGGREGATOR);
    // Somebody who knows nothing of AS4_ attributes aggregated: they are out of date.
    boolean isStale =
        aggregator != null
            && as4Aggregator != null
            && Bytes.u16(aggregator.bytes(), 0) != AsPath.AS_TRANS;
    if (aggregator != null) {
      byte[] wide = new byte[8];
      Bytes.put32(wide, 0, Bytes.u16(aggregator.bytes(), 0));
      System.arraycopy(aggregator.bytes(), 2, wide, 4, 4);
      boolean isReplaced = as4Aggregator != null && !isStale;
      values.put(
          AGGREGATOR, new Value(aggregator.flags(), isReplaced ? as4Aggregator.bytes() : wide));
    }
    if (as4Path != null && !isStale) {
      path = path.mergedWith(new AsPath(as4Path.bytes()));
    }
    values.put(AS_PATH, new Value(TRANSITIVE, path.wire()));
  }

  boolean has(int type) {
    return values.containsKey(type);
  }

  boolean isUntrusted() {
    return isUntrusted;
  }

  int[] discarded() {
    return discarded.clone();
  }

  String complaint() {
    return complaint;
  }

  /** The block of the prefixes behind the attributes. */
  void writeLegacy(AttributeWriter writer) {
    writer.clear();
    values.forEach((type, value) -> write(writer, type, value));
  }

  /** The block of the prefixes of an MP_REACH_NLRI whose value begins here. */
  void writeReached(AttributeWriter writer, byte[] bytes, int at) {
    writer.clear();
    int length = Bytes.u8(bytes, at + 3);
    boolean isV4 = length == 4;
    int nextHop = isV4 ? NEXT_HOP : MP_REACH_NLRI;
    boolean isWritten = false;
    for (Map.Entry<Integer, Value> entry : values.entrySet()) {
      if (!isWritten && entry.getKey() >= nextHop) {
        writeNextHop(writer, bytes, at, length);
        isWritten = true;
      }
      if (entry.getKey() != NEXT_HOP) {
        write(writer, entry.getKey(), entry.getValue());
      }
    }
    if (!isWritten) {
      writeNextHop(writer, bytes, at, length);
    }
  }

  private static void writeNextHop(AttributeWriter writer, byte[] bytes, int at, int length) {
    if (length == 4) {
      writer.put(TRANSITIVE, NEXT_HOP, bytes, at + 4, at + 8);
    } else {
      int end = at + PathAttributes.MP_NEXT_HOP_AT + length;
      writer.put(OPTIONAL, MP_REACH_NLRI, bytes, at, end);
    }
  }

  private static void write(AttributeWriter writer, int type, Value value) {
    writer.put(value.flags(), type, value.bytes(), 0, value.bytes().length);
  }
}
