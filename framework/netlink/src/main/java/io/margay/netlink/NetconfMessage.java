// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/** Sysctls of a device that the kernel reports when they change. linux/netconf.h. */
public record NetconfMessage(int family, Attributes attributes) implements Message {
  public static final int NETCONFA_IFINDEX = 1;
  public static final int NETCONFA_FORWARDING = 2;
  public static final int NETCONFA_RP_FILTER = 3;
  public static final int NETCONFA_PROXY_NEIGH = 5;

  /** Index of the {@code all} and the {@code default} settings. */
  public static final int NETCONFA_IFINDEX_ALL = -1;

  public static final int NETCONFA_IFINDEX_DEFAULT = -2;

  private static final Shape.Table SHAPES =
      new Shape.Table()
          .put(
              Shape.U32,
              NETCONFA_IFINDEX,
              NETCONFA_FORWARDING,
              NETCONFA_RP_FILTER,
              NETCONFA_PROXY_NEIGH);

  /** The device, {@link #NETCONFA_IFINDEX_ALL} or {@link #NETCONFA_IFINDEX_DEFAULT}. */
  public int index() {
    return attributes.u32(NETCONFA_IFINDEX).orElse(0);
  }

  public OptionalInt forwarding() {
    return attributes.u32(NETCONFA_FORWARDING);
  }

  public OptionalInt rpFilter() {
    return attributes.u32(NETCONFA_RP_FILTER);
  }

  @Override
  public int newType() {
    return RTM_NEWNETCONF;
  }

  @Override
  public String noun() {
    return "netconf";
  }

  @Override
  public void encode(ByteBuffer out) {
    // struct netconfmsg is one byte, padded to the alignment of the attributes.
    out.put((byte) family).put((byte) 0).putShort((short) 0);
    attributes.encode(out);
  }

  static NetconfMessage decode(ByteBuffer in) throws NetlinkException {
    Message.requireHeader("netconf", in, 4);
    int family = in.get() & 0xff;
    in.position(in.position() + 3);
    return new NetconfMessage(family, SHAPES.check("netconf", Attributes.decode(in)));
  }

  @Override
  public String describe(IntFunction<String> deviceName) {
    int index = index();
    return "dev "
        + (index == NETCONFA_IFINDEX_ALL
            ? "all"
            : index == NETCONFA_IFINDEX_DEFAULT ? "default" : deviceName.apply(index));
  }
}
