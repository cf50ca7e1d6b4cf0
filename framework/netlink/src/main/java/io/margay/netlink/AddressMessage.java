// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;

/**
 * An address of a device. linux/if_addr.h, struct ifaddrmsg.
 *
 * @param prefixLength bits of the on-link prefix
 * @param headerFlags the lower eight IFA_F_* flags, see {@link #flags}
 * @param scope RT_SCOPE_*
 * @param index the device
 */
public record AddressMessage(
    int family, int prefixLength, int headerFlags, int scope, int index, Attributes attributes)
    implements Message {
  public static final int IFA_ADDRESS = 1;
  public static final int IFA_LOCAL = 2;
  public static final int IFA_CACHEINFO = 6;
  public static final int IFA_FLAGS = 8;
  public static final int IFA_PROTO = 11;

  public static final int IFA_F_NODAD = 0x02;
  public static final int IFA_F_DADFAILED = 0x08;
  public static final int IFA_F_TENTATIVE = 0x40;
  public static final int IFA_F_PERMANENT = 0x80;
  public static final int IFA_F_NOPREFIXROUTE = 0x200;

  private static final int HEADER_BYTES = 8;
  private static final Shape.Table SHAPES =
      new Shape.Table().put(Shape.IP, IFA_ADDRESS, IFA_LOCAL).put(Shape.U32, IFA_FLAGS);

  /** This address, global scope. */
  public static AddressMessage of(int index, InetAddress address, int prefixLength) {
    int family = Ip.family(address);
    Attributes a = Attributes.NONE.withIp(IFA_LOCAL, address).withIp(IFA_ADDRESS, address);
    return new AddressMessage(family, prefixLength, 0, RouteMessage.RT_SCOPE_UNIVERSE, index, a);
  }

  public AddressMessage withAttributes(Attributes a) {
    return new AddressMessage(family, prefixLength, headerFlags, scope, index, a);
  }

  /** With these IFA_F_* flags. */
  public AddressMessage withFlags(int flags) {
    return new AddressMessage(
        family,
        prefixLength,
        flags & 0xff,
        scope,
        index,
        flags == 0 ? attributes.without(IFA_FLAGS) : attributes.withU32(IFA_FLAGS, flags));
  }

  public AddressMessage withScope(int newScope) {
    return new AddressMessage(family, prefixLength, headerFlags, newScope, index, attributes);
  }

  /**
   * Such that the kernel chooses it as the source of nothing new: of host scope or, for IPv6, with
   * a preferred lifetime of 0 and without end (struct ifa_cacheinfo).
   */
  public AddressMessage withoutPreference() {
    if (family == AF_INET) {
      return withScope(RouteMessage.RT_SCOPE_HOST);
    }
    ByteBuffer lifetimes = Buffers.allocate(16).putInt(4, -1);
    byte[] bytes = new byte[16];
    lifetimes.get(bytes);
    return withAttributes(attributes.with(IFA_CACHEINFO, bytes));
  }

  /** The device's own address. */
  public InetAddress address() {
    // On a point-to-point device IFA_ADDRESS is the peer; IPv6 has IFA_LOCAL only then.
    return attributes
        .ip(IFA_LOCAL)
        .or(() -> attributes.ip(IFA_ADDRESS))
        .orElseGet(() -> Ip.any(family));
  }

  /** All IFA_F_* flags. */
  public int flags() {
    return attributes.u32(IFA_FLAGS).orElse(headerFlags);
  }

  @Override
  public int newType() {
    return RTM_NEWADDR;
  }

  @Override
  public String noun() {
    return "addr";
  }

  @Override
  public void encode(ByteBuffer out) {
    out.put((byte) family).put((byte) prefixLength).put((byte) headerFlags).put((byte) scope);
    out.putInt(index);
    attributes.encode(out);
  }

  static AddressMessage decode(ByteBuffer in) throws NetlinkException {
    Message.requireHeader("address", in, HEADER_BYTES);
    int family = in.get() & 0xff;
    int prefixLength = in.get() & 0xff;
    int flags = in.get() & 0xff;
    int scope = in.get() & 0xff;
    int index = in.getInt();
    return new AddressMessage(
        family, prefixLength, flags, scope, index, SHAPES.check("address", Attributes.decode(in)));
  }

  @Override
  public String describe(IntFunction<String> deviceName) {
    return address().getHostAddress() + "/" + prefixLength + " dev " + deviceName.apply(index);
  }
}
