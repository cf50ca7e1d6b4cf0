// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Ip;
import io.margay.api.net.MacAddress;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A raw netlink attribute, for properties that have no field of their own. Integers are in host
 * byte order unless a name says otherwise (linux/netlink.h struct nlattr).
 */
public final class Attribute {
  private static final int NLA_F_NESTED = 1 << 15;
  private static final int HEADER_BYTES = 4;

  private final int type;
  private final byte[] value;
  private final String name;
  private final String text;

  private Attribute(int type, byte[] value, String text) {
    this(type, value, "", text);
  }

  private Attribute(int type, byte[] value, String name, String text) {
    if (type < 0 || type > 0xffff) {
      throw new IllegalArgumentException("attribute type: " + type + " (expected: 0..65535)");
    }
    this.type = type;
    this.value = value;
    this.name = name;
    this.text = text;
  }

  public static Attribute of(int type, byte[] value) {
    return new Attribute(type, value.clone(), hex(value));
  }

  public static Attribute u8(int type, int value) {
    return new Attribute(type, new byte[] {(byte) value}, "" + (value & 0xff));
  }

  public static Attribute u16(int type, int value) {
    return new Attribute(type, host(2).putShort((short) value).array(), "" + (value & 0xffff));
  }

  /** Network byte order, as the kernel wants ports. */
  public static Attribute be16(int type, int value) {
    byte[] bytes = ByteBuffer.allocate(2).putShort((short) value).array();
    return new Attribute(type, bytes, "" + (value & 0xffff));
  }

  public static Attribute u32(int type, long value) {
    return new Attribute(type, host(4).putInt((int) value).array(), "" + (value & 0xffffffffL));
  }

  /** A string with its terminating zero. */
  public static Attribute string(int type, String value) {
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    return new Attribute(type, Arrays.copyOf(text, text.length + 1), value);
  }

  /** An address, 4 or 16 bytes. */
  public static Attribute address(int type, InetAddress value) {
    return new Attribute(type, value.getAddress(), Ip.text(value));
  }

  public static Attribute mac(int type, MacAddress value) {
    return new Attribute(type, value.bytes(), value.toString());
  }

  /** Attributes inside an attribute; sets NLA_F_NESTED. */
  public static Attribute nested(int type, List<Attribute> children) {
    int size = children.stream().mapToInt(c -> aligned(HEADER_BYTES + c.value.length)).sum();
    ByteBuffer out = host(size);
    for (Attribute child : children) {
      out.putShort((short) (HEADER_BYTES + child.value.length)).putShort((short) child.type);
      out.put(child.value).position(aligned(out.position()));
    }
    return new Attribute(type | NLA_F_NESTED, out.array(), hex(out.array()));
  }

  /**
   * The same with a name for people, as {@code ip} calls it: {@code id 4096} instead of {@code
   * 1=00100000}. Makes no other difference.
   */
  public Attribute named(String value) {
    return new Attribute(type, this.value, value, text);
  }

  /** The same with a value for people, in place of bytes in hexadecimal; makes no difference. */
  public Attribute withText(String value) {
    return new Attribute(type, this.value, name, value);
  }

  /** The attribute's number, flags included. */
  public int type() {
    return type;
  }

  /** The payload; a fresh array. */
  public byte[] value() {
    return value.clone();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Attribute other && other.type == type && Arrays.equals(other.value, value);
  }

  @Override
  public int hashCode() {
    return 31 * type + Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    return name.isEmpty() ? type + "=" + hex(value) : name + " " + text;
  }

  private static String hex(byte[] value) {
    return HexFormat.of().formatHex(value);
  }

  private static ByteBuffer host(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }

  private static int aligned(int length) {
    return length + 3 & ~3;
  }
}
