// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * A network device. linux/if_link.h, struct ifinfomsg.
 *
 * @param family AF_UNSPEC, or AF_BRIDGE for a bridge port
 * @param deviceType ARPHRD_*, set by the kernel
 * @param index interface index; 0 where the name tells it, or the kernel chooses
 * @param flags IFF_*
 * @param change which of the flags a request sets
 */
public record LinkMessage(
    int family, int deviceType, int index, int flags, int change, Attributes attributes)
    implements Message {
  public static final int IFLA_ADDRESS = 1;
  public static final int IFLA_IFNAME = 3;
  public static final int IFLA_MTU = 4;
  public static final int IFLA_LINK = 5;
  public static final int IFLA_MASTER = 10;
  public static final int IFLA_OPERSTATE = 16;
  public static final int IFLA_LINKINFO = 18;
  public static final int IFLA_IFALIAS = 20;
  public static final int IFLA_AF_SPEC = 26;
  public static final int IFLA_GROUP = 27;
  public static final int IFLA_NET_NS_FD = 28;
  public static final int IFLA_EXT_MASK = 29;
  public static final int IFLA_NUM_TX_QUEUES = 31;
  public static final int IFLA_NUM_RX_QUEUES = 32;
  public static final int IFLA_CARRIER = 33;
  public static final int IFLA_LINK_NETNSID = 37;
  public static final int IFLA_INFO_KIND = 1;
  public static final int IFLA_INFO_DATA = 2;

  public static final int IFF_UP = 1;
  public static final int IFF_LOWER_UP = 1 << 16;

  /** Leaves the counters out of a reply. */
  static final int RTEXT_FILTER_SKIP_STATS = 1 << 3;

  private static final int HEADER_BYTES = 16;
  private static final Shape.Table SHAPES =
      new Shape.Table()
          .put(Shape.U32, IFLA_MTU, IFLA_LINK, IFLA_MASTER, IFLA_GROUP, IFLA_NET_NS_FD)
          .put(Shape.NESTED, IFLA_LINKINFO);

  /** The device of this name. */
  public static LinkMessage named(String name) {
    return new LinkMessage(0, 0, 0, 0, 0, Attributes.NONE.withString(IFLA_IFNAME, name));
  }

  /** Every device of a group, where the kernel deletes many at once; not 0, that of all devices. */
  public static LinkMessage inGroup(int group) {
    return at(0).withGroup(group);
  }

  /** The device with this index. */
  public static LinkMessage at(int index) {
    return new LinkMessage(0, 0, index, 0, 0, Attributes.NONE);
  }

  /**
   * A device of any kind the kernel knows, with the IFLA_INFO_DATA of that kind, see {@link
   * LinkData}.
   */
  public static LinkMessage of(String name, String kind, Attributes data) {
    return named(name).withKind(kind, data);
  }

  public LinkMessage withAttributes(Attributes a) {
    return new LinkMessage(family, deviceType, index, flags, change, a);
  }

  /** With another index: the device to change, or the index to create it with. */
  public LinkMessage withIndex(int newIndex) {
    return new LinkMessage(family, deviceType, newIndex, flags, change, attributes);
  }

  public LinkMessage withKind(String kind, Attributes data) {
    Attributes info = Attributes.NONE.withString(IFLA_INFO_KIND, kind);
    return withAttributes(
        attributes.withNested(
            IFLA_LINKINFO, data.isEmpty() ? info : info.withNested(IFLA_INFO_DATA, data)));
  }

  public LinkMessage withName(String name) {
    return withAttributes(attributes.withString(IFLA_IFNAME, name));
  }

  public LinkMessage withMtu(int mtuBytes) {
    return withAttributes(attributes.withU32(IFLA_MTU, mtuBytes));
  }

  public LinkMessage withAddress(Lladdr address) {
    return withAttributes(attributes.withLladdr(IFLA_ADDRESS, address));
  }

  /**
   * With an alias. The kernel ignores it in a request to create: send a second one that changes the
   * link.
   */
  public LinkMessage withAlias(String alias) {
    return withAttributes(attributes.withString(IFLA_IFALIAS, alias));
  }

  /** With a bridge or VRF as master; 0 for none. */
  public LinkMessage withMaster(int masterIndex) {
    return withAttributes(attributes.withU32(IFLA_MASTER, masterIndex));
  }

  /** In a group: any number by which to name several devices. */
  public LinkMessage withGroup(int group) {
    return withAttributes(attributes.withU32(IFLA_GROUP, group));
  }

  /** On top of this device (VLAN, macvlan). */
  public LinkMessage withLower(int lowerIndex) {
    return withAttributes(attributes.withU32(IFLA_LINK, lowerIndex));
  }

  /** Created in, or moved to, the namespace of this descriptor. */
  public LinkMessage withNetns(int netnsFd) {
    return withAttributes(attributes.withU32(IFLA_NET_NS_FD, netnsFd));
  }

  /** Administratively up or down. */
  public LinkMessage withUp(boolean up) {
    int newFlags = up ? flags | IFF_UP : flags & ~IFF_UP;
    return new LinkMessage(family, deviceType, index, newFlags, change | IFF_UP, attributes);
  }

  /** The name; empty only in a request by index. */
  public String name() {
    return attributes.string(IFLA_IFNAME).orElse("");
  }

  public OptionalInt mtuBytes() {
    return attributes.u32(IFLA_MTU);
  }

  public Optional<Lladdr> address() {
    return attributes.lladdr(IFLA_ADDRESS);
  }

  public Optional<String> alias() {
    return attributes.string(IFLA_IFALIAS);
  }

  public OptionalInt master() {
    return attributes.u32(IFLA_MASTER);
  }

  /** The device below, or the peer of a veth; an index of its own namespace. */
  public OptionalInt lower() {
    return attributes.u32(IFLA_LINK);
  }

  /**
   * The namespace of {@link #lower}, for a veth that of its peer, by this namespace's number for
   * it: see {@link NetlinkSocket#number}. Empty when it is the same namespace.
   */
  public OptionalInt lowerNamespace() {
    return attributes.u32(IFLA_LINK_NETNSID);
  }

  /** {@code veth}, {@code vxlan} ...; absent for physical devices and the loopback. */
  public Optional<String> kind() {
    return attributes.nested(IFLA_LINKINFO).flatMap(i -> i.string(IFLA_INFO_KIND));
  }

  /** What the kind says about itself; {@link Attributes#NONE} where it says nothing. */
  public Attributes data() {
    return attributes
        .nested(IFLA_LINKINFO)
        .flatMap(i -> i.nested(IFLA_INFO_DATA))
        .orElse(Attributes.NONE);
  }

  public boolean isUp() {
    return (flags & IFF_UP) != 0;
  }

  /** Whether the device has a carrier. */
  public boolean isRunning() {
    return (flags & IFF_LOWER_UP) != 0;
  }

  @Override
  public int newType() {
    return RTM_NEWLINK;
  }

  @Override
  public String noun() {
    return "link";
  }

  @Override
  public void encode(ByteBuffer out) {
    out.put((byte) family).put((byte) 0).putShort((short) deviceType);
    out.putInt(index).putInt(flags).putInt(change);
    attributes.encode(out);
  }

  static LinkMessage decode(ByteBuffer in) throws NetlinkException {
    Message.requireHeader("link", in, HEADER_BYTES);
    int family = in.get() & 0xff;
    in.get();
    int deviceType = in.getShort() & 0xffff;
    int index = in.getInt();
    int flags = in.getInt();
    int change = in.getInt();
    return new LinkMessage(
        family, deviceType, index, flags, change, SHAPES.check("link", Attributes.decode(in)));
  }

  @Override
  public String describe(IntFunction<String> deviceName) {
    StringBuilder text = new StringBuilder(name().isEmpty() ? deviceName.apply(index) : name());
    attributes.u32(IFLA_MTU).ifPresent(mtu -> text.append(" mtu ").append(mtu));
    if ((change & IFF_UP) != 0) {
      text.append(isUp() ? " up" : " down");
    }
    kind().ifPresent(kind -> text.append(" type ").append(kind));
    return text.toString();
  }
}
