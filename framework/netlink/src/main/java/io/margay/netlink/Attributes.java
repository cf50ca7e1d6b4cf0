// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntConsumer;

/**
 * The attributes of one message, in the kernel's own encoding. Immutable.
 *
 * <p>Kept as the bytes they travel in: an attribute that no code here knows survives decoding and
 * encoding, a new one needs no new field, and a table of 100,000 routes stays small. {@code with}
 * methods return a copy in which the attribute of that type is replaced, or appended where there
 * was none. linux/netlink.h struct nlattr.
 */
public final class Attributes {
  /** No attributes. */
  public static final Attributes NONE = new Attributes(new byte[0]);

  private static final int NLA_HDRLEN = 4;
  private static final int NLA_F_NESTED = 0x8000;
  private static final int NLA_TYPE_MASK = 0x3fff;
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  /** Well-formed, and every attribute padded to four bytes. */
  private final byte[] bytes;

  private Attributes(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Decodes what remains in the buffer. The values are not looked at; see {@link Shape}. */
  static Attributes decode(ByteBuffer in) throws NetlinkException {
    if (!in.hasRemaining()) {
      return NONE;
    }
    // Padding of the last attribute may be missing.
    byte[] bytes = new byte[align(in.remaining())];
    int length = in.remaining();
    in.get(bytes, 0, length);
    for (int at = 0; at < length; ) {
      int size = length - at < NLA_HDRLEN ? 0 : size(bytes, at);
      if (size < NLA_HDRLEN || size > length - at) {
        throw NetlinkException.malformed(
            "attribute at byte " + at + " of " + length + " has length " + size);
      }
      at += align(size);
    }
    return new Attributes(bytes);
  }

  /** Decodes a nested value. */
  static Attributes decode(byte[] value) throws NetlinkException {
    return decode(ByteBuffer.wrap(value));
  }

  void encode(ByteBuffer out) {
    out.put(bytes);
  }

  /** Whether there is no attribute. */
  public boolean isEmpty() {
    return bytes.length == 0;
  }

  /** Calls back with the type of each attribute, in order. */
  public void forEachType(IntConsumer consumer) {
    for (int at = 0; at < bytes.length; at += align(size(bytes, at))) {
      consumer.accept(type(at));
    }
  }

  /** The value of the first attribute of this type. */
  public Optional<byte[]> get(int type) {
    int at = find(type);
    return at < 0
        ? Optional.empty()
        : Optional.of(Arrays.copyOfRange(bytes, at + NLA_HDRLEN, at + size(bytes, at)));
  }

  /** Whether there is an attribute of this type. */
  public boolean has(int type) {
    return find(type) >= 0;
  }

  /** An 8-bit value, 0 to 255. */
  public OptionalInt u8(int type) {
    int at = find(type, 1);
    return at < 0 ? OptionalInt.empty() : OptionalInt.of(bytes[at] & 0xff);
  }

  /** A 16-bit value in host order, 0 to 65535. */
  public OptionalInt u16(int type) {
    int at = find(type, 2);
    return at < 0 ? OptionalInt.empty() : OptionalInt.of((short) SHORT.get(bytes, at) & 0xffff);
  }

  /** A 16-bit value in network order (ports), 0 to 65535. */
  public OptionalInt be16(int type) {
    int at = find(type, 2);
    return at < 0
        ? OptionalInt.empty()
        : OptionalInt.of((bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff);
  }

  /** A 32-bit value in host order; read a large one as unsigned. */
  public OptionalInt u32(int type) {
    int at = find(type, 4);
    return at < 0 ? OptionalInt.empty() : OptionalInt.of((int) INT.get(bytes, at));
  }

  /** A 32-bit value in network order (nftables), as a signed number; read large ones unsigned. */
  public OptionalInt be32(int type) {
    OptionalInt host = u32(type);
    return host.isEmpty() ? host : OptionalInt.of(swapToBig(host.getAsInt()));
  }

  /** A 64-bit value in network order (counters of nftables). */
  public OptionalLong be64(int type) {
    int at = find(type, 8);
    return at < 0 ? OptionalLong.empty() : OptionalLong.of(ByteBuffer.wrap(bytes, at, 8).getLong());
  }

  /** A string without its final NUL. */
  public Optional<String> string(int type) {
    return get(type).map(Attributes::text);
  }

  /** An IP address of 4 or 16 bytes; absent for any other length. */
  public Optional<InetAddress> ip(int type) {
    return get(type).filter(v -> v.length == 4 || v.length == 16).map(Ip::address);
  }

  /** A link-layer address. */
  public Optional<Lladdr> lladdr(int type) {
    return get(type).map(Lladdr::of);
  }

  /** The attributes nested in this one; absent also where the value holds none. */
  public Optional<Attributes> nested(int type) {
    return get(type).flatMap(Attributes::tryDecode);
  }

  /** The attributes nested in each of the attributes of this type, in order. */
  public List<Attributes> allNested(int type) {
    List<Attributes> all = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += align(size(bytes, at))) {
      if (type(at) == type) {
        byte[] value = Arrays.copyOfRange(bytes, at + NLA_HDRLEN, at + size(bytes, at));
        tryDecode(value).ifPresent(all::add);
      }
    }
    return all;
  }

  /** With this raw value. */
  public Attributes with(int type, byte[] value) {
    int old = find(type);
    int oldEnd = old < 0 ? 0 : old + align(size(bytes, old));
    int start = old < 0 ? bytes.length : old;
    int end = old < 0 ? bytes.length : oldEnd;
    if (value.length > 0xffff - NLA_HDRLEN) {
      throw new IllegalArgumentException("attribute " + type + ": " + value.length + " bytes");
    }
    int size = NLA_HDRLEN + value.length;
    byte[] result = new byte[bytes.length - (end - start) + align(size)];
    System.arraycopy(bytes, 0, result, 0, start);
    SHORT.set(result, start, (short) size);
    SHORT.set(result, start + 2, (short) type);
    System.arraycopy(value, 0, result, start + NLA_HDRLEN, value.length);
    System.arraycopy(bytes, end, result, start + align(size), bytes.length - end);
    return new Attributes(result);
  }

  /** Without the attribute of this type. */
  public Attributes without(int type) {
    int at = find(type);
    if (at < 0) {
      return this;
    }
    int end = at + align(size(bytes, at));
    byte[] result = Arrays.copyOf(bytes, bytes.length - (end - at));
    System.arraycopy(bytes, end, result, at, bytes.length - end);
    return new Attributes(result);
  }

  /** With an empty attribute, which is how netlink writes a boolean. */
  public Attributes withFlag(int type) {
    return with(type, new byte[0]);
  }

  /** With an 8-bit value. */
  public Attributes withU8(int type, int value) {
    return with(type, new byte[] {(byte) value});
  }

  /** With a 16-bit value in host order. */
  public Attributes withU16(int type, int value) {
    byte[] v = new byte[2];
    SHORT.set(v, 0, (short) value);
    return with(type, v);
  }

  /** With a 16-bit value in network order. */
  public Attributes withBe16(int type, int value) {
    return with(type, new byte[] {(byte) (value >> 8), (byte) value});
  }

  /** With a 32-bit value in host order. */
  public Attributes withU32(int type, int value) {
    byte[] v = new byte[4];
    INT.set(v, 0, value);
    return with(type, v);
  }

  /** With a 32-bit value in network order. */
  public Attributes withBe32(int type, int value) {
    return withU32(type, swapToBig(value));
  }

  /** With a string; the final NUL is added. */
  public Attributes withString(int type, String value) {
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    return with(type, Arrays.copyOf(text, text.length + 1));
  }

  /** With an IP address. */
  public Attributes withIp(int type, InetAddress value) {
    return with(type, value.getAddress());
  }

  /** With a link-layer address. */
  public Attributes withLladdr(int type, Lladdr value) {
    return with(type, value.bytes());
  }

  /** With nested attributes. */
  public Attributes withNested(int type, Attributes value) {
    return without(type).with(type | NLA_F_NESTED, value.bytes);
  }

  /** With nested attributes behind what there is, also of the same type: an element of a list. */
  public Attributes withElement(int type, Attributes value) {
    byte[] element = NONE.withNested(type, value).bytes;
    byte[] result = Arrays.copyOf(bytes, bytes.length + element.length);
    System.arraycopy(element, 0, result, bytes.length, element.length);
    return new Attributes(result);
  }

  /** The encoded attributes. */
  byte[] bytes() {
    return bytes.clone();
  }

  private static int swapToBig(int value) {
    return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value);
  }

  static Optional<Attributes> tryDecode(byte[] value) {
    try {
      return Optional.of(decode(value));
    } catch (NetlinkException malformed) {
      return Optional.empty();
    }
  }

  private static String text(byte[] value) {
    int end = 0;
    while (end < value.length && value[end] != 0) {
      end++;
    }
    return new String(value, 0, end, StandardCharsets.UTF_8);
  }

  /** Where the attribute of this type begins, or -1. */
  private int find(int type) {
    for (int at = 0; at < bytes.length; at += align(size(bytes, at))) {
      if (type(at) == (type & NLA_TYPE_MASK)) {
        return at;
      }
    }
    return -1;
  }

  /** Where the value of the attribute of this type begins, or -1; also -1 for a shorter value. */
  private int find(int type, int minBytes) {
    int at = find(type);
    return at < 0 || size(bytes, at) < NLA_HDRLEN + minBytes ? -1 : at + NLA_HDRLEN;
  }

  private int type(int at) {
    return (short) SHORT.get(bytes, at + 2) & NLA_TYPE_MASK;
  }

  private static int size(byte[] bytes, int at) {
    return (short) SHORT.get(bytes, at) & 0xffff;
  }

  static int align(int length) {
    return (length + 3) & ~3;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Attributes other && Arrays.equals(bytes, other.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** {@code {1=0a010200, 4=07000000}}: types and values in hexadecimal. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    forEachType(
        type ->
            text.append(text.length() > 1 ? ", " : "")
                .append(type)
                .append('=')
                .append(HexFormat.of().formatHex(get(type).orElseThrow())));
    return text.append('}').toString();
  }
}
