// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * A policy routing rule. linux/fib_rules.h, struct fib_rule_hdr.
 *
 * @param headerTable table number, or RT_TABLE_UNSPEC where it needs more than a byte, see {@link
 *     #table}
 * @param action FR_ACT_*
 */
public record RuleMessage(
    int family,
    int destinationLength,
    int sourceLength,
    int tos,
    int headerTable,
    int action,
    int flags,
    Attributes attributes)
    implements Message {
  public static final int FRA_DST = 1;
  public static final int FRA_SRC = 2;
  public static final int FRA_IIFNAME = 3;
  public static final int FRA_PRIORITY = 6;
  public static final int FRA_FWMARK = 10;
  public static final int FRA_SUPPRESS_PREFIXLEN = 14;
  public static final int FRA_TABLE = 15;
  public static final int FRA_FWMASK = 16;
  public static final int FRA_OIFNAME = 17;
  public static final int FRA_PROTOCOL = 21;
  public static final int FR_ACT_TO_TBL = 1;
  public static final int FIB_RULE_INVERT = 2;

  private static final int HEADER_BYTES = 12;
  private static final Shape.Table SHAPES =
      new Shape.Table()
          .put(Shape.IP, FRA_DST, FRA_SRC)
          .put(Shape.U32, FRA_PRIORITY, FRA_FWMARK, FRA_FWMASK, FRA_TABLE, FRA_SUPPRESS_PREFIXLEN)
          .put(Shape.U8, FRA_PROTOCOL);

  /** Packets of this family look into the table; IPv4 where {@code ipv6} is false. */
  public static RuleMessage lookup(boolean ipv6, int priority, int table) {
    int family = ipv6 ? AF_INET6 : AF_INET;
    Attributes a = Attributes.NONE.withU32(FRA_PRIORITY, priority);
    return new RuleMessage(family, 0, 0, 0, 0, FR_ACT_TO_TBL, 0, a).withTable(table);
  }

  public RuleMessage withAttributes(Attributes a) {
    return new RuleMessage(
        family, destinationLength, sourceLength, tos, headerTable, action, flags, a);
  }

  public RuleMessage withTable(int table) {
    Attributes a =
        table < 256 ? attributes.without(FRA_TABLE) : attributes.withU32(FRA_TABLE, table);
    int header = table < 256 ? table : 0;
    return new RuleMessage(family, destinationLength, sourceLength, tos, header, action, flags, a);
  }

  /** For packets to this prefix. */
  public RuleMessage withTo(InetAddress prefix, int length) {
    Attributes a = attributes.withIp(FRA_DST, prefix);
    return new RuleMessage(family, length, sourceLength, tos, headerTable, action, flags, a);
  }

  /** For packets from this prefix. */
  public RuleMessage withFrom(InetAddress prefix, int length) {
    Attributes a = attributes.withIp(FRA_SRC, prefix);
    return new RuleMessage(family, destinationLength, length, tos, headerTable, action, flags, a);
  }

  /** For packets with this mark, or without it if the rule is inverted. */
  public RuleMessage withMark(int mark, int mask) {
    return withAttributes(attributes.withU32(FRA_FWMARK, mark).withU32(FRA_FWMASK, mask));
  }

  /** For packets that the conditions do not match. */
  public RuleMessage withInvert() {
    return new RuleMessage(
        family,
        destinationLength,
        sourceLength,
        tos,
        headerTable,
        action,
        flags | FIB_RULE_INVERT,
        attributes);
  }

  /** With RTPROT_* of who made it. */
  public RuleMessage withProtocol(int protocol) {
    return withAttributes(attributes.withU8(FRA_PROTOCOL, protocol));
  }

  public int priority() {
    return attributes.u32(FRA_PRIORITY).orElse(0);
  }

  public int table() {
    return attributes.u32(FRA_TABLE).orElse(headerTable);
  }

  public Optional<InetAddress> from() {
    return attributes.ip(FRA_SRC);
  }

  public Optional<InetAddress> to() {
    return attributes.ip(FRA_DST);
  }

  public OptionalInt mark() {
    return attributes.u32(FRA_FWMARK);
  }

  public OptionalInt mask() {
    return attributes.u32(FRA_FWMASK);
  }

  public OptionalInt protocol() {
    return attributes.u8(FRA_PROTOCOL);
  }

  @Override
  public int newType() {
    return RTM_NEWRULE;
  }

  @Override
  public String noun() {
    return "rule";
  }

  @Override
  public void encode(ByteBuffer out) {
    out.put((byte) family).put((byte) destinationLength).put((byte) sourceLength).put((byte) tos);
    out.put((byte) headerTable).put((byte) 0).put((byte) 0).put((byte) action);
    out.putInt(flags);
    attributes.encode(out);
  }

  static RuleMessage decode(ByteBuffer in) throws NetlinkException {
    Message.requireHeader("rule", in, HEADER_BYTES);
    int family = in.get() & 0xff;
    int destinationLength = in.get() & 0xff;
    int sourceLength = in.get() & 0xff;
    int tos = in.get() & 0xff;
    int table = in.get() & 0xff;
    in.getShort();
    int action = in.get() & 0xff;
    int flags = in.getInt();
    return new RuleMessage(
        family,
        destinationLength,
        sourceLength,
        tos,
        table,
        action,
        flags,
        SHAPES.check("rule", Attributes.decode(in)));
  }

  @Override
  public String describe(IntFunction<String> deviceName) {
    StringBuilder text = new StringBuilder("pref " + priority());
    text.append((flags & FIB_RULE_INVERT) != 0 ? " not" : "").append(" from ");
    text.append(from().map(a -> Ip.prefix(a, sourceLength)).orElse("all"));
    to().ifPresent(a -> text.append(" to ").append(Ip.prefix(a, destinationLength)));
    mark().ifPresent(m -> text.append(" fwmark 0x").append(Integer.toHexString(m)));
    return text.append(" lookup ").append(table()).toString();
  }
}
