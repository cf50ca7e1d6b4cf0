// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * A neighbour: ARP or NDP entry, proxy entry, or forwarding database entry. linux/neighbour.h,
 * struct ndmsg.
 *
 * @param family AF_INET, AF_INET6; AF_BRIDGE for a forwarding database entry
 * @param index the device
 * @param state NUD_*
 * @param flags NTF_*
 * @param type RTN_*, set by the kernel
 */
public record NeighbourMessage(
    int family, int index, int state, int flags, int type, Attributes attributes)
    implements Message {
  public static final int NDA_DST = 1;
  public static final int NDA_LLADDR = 2;
  public static final int NDA_VLAN = 5;
  public static final int NDA_PORT = 6;
  public static final int NDA_VNI = 7;
  public static final int NDA_IFINDEX = 8;
  public static final int NDA_MASTER = 9;
  public static final int NDA_PROTOCOL = 12;

  public static final int NUD_REACHABLE = 0x02;
  public static final int NUD_NOARP = 0x40;
  public static final int NUD_PERMANENT = 0x80;
  public static final int NTF_SELF = 0x02;
  public static final int NTF_MASTER = 0x04;
  public static final int NTF_PROXY = 0x08;

  private static final int HEADER_BYTES = 12;
  private static final Shape.Table SHAPES =
      new Shape.Table().put(Shape.IP, NDA_DST).put(Shape.U32, NDA_VNI, NDA_IFINDEX, NDA_MASTER);

  /** A permanent ARP or NDP entry. */
  public static NeighbourMessage permanent(int index, InetAddress address, Lladdr lladdr) {
    Attributes a = Attributes.NONE.withIp(NDA_DST, address).withLladdr(NDA_LLADDR, lladdr);
    return new NeighbourMessage(Ip.family(address), index, NUD_PERMANENT, 0, 0, a);
  }

  /** An address this node answers ARP or NDP for on that device. */
  public static NeighbourMessage proxy(int index, InetAddress address) {
    Attributes a = Attributes.NONE.withIp(NDA_DST, address);
    return new NeighbourMessage(Ip.family(address), index, NUD_PERMANENT, NTF_PROXY, 0, a);
  }

  /**
   * A permanent entry in the device's own forwarding database: {@code bridge fdb ... self
   * permanent}.
   */
  public static NeighbourMessage fdb(int index, Lladdr lladdr, InetAddress remote) {
    Attributes a = Attributes.NONE.withLladdr(NDA_LLADDR, lladdr).withIp(NDA_DST, remote);
    // NUD_NOARP is what `bridge` sends besides PERMANENT: the entry needs no resolution.
    int state = NUD_PERMANENT | NUD_NOARP;
    return new NeighbourMessage(AF_BRIDGE, index, state, NTF_SELF, 0, a);
  }

  public NeighbourMessage withAttributes(Attributes a) {
    return new NeighbourMessage(family, index, state, flags, type, a);
  }

  public NeighbourMessage withState(int newState) {
    return new NeighbourMessage(family, index, newState, flags, type, attributes);
  }

  public NeighbourMessage withFlags(int newFlags) {
    return new NeighbourMessage(family, index, state, newFlags, type, attributes);
  }

  /** The neighbour, or the remote end a forwarding database entry sends to. */
  public Optional<InetAddress> destination() {
    return attributes.ip(NDA_DST);
  }

  public Optional<Lladdr> lladdr() {
    return attributes.lladdr(NDA_LLADDR);
  }

  public boolean isPermanent() {
    return (state & NUD_PERMANENT) != 0;
  }

  public boolean isProxy() {
    return (flags & NTF_PROXY) != 0;
  }

  public boolean isFdb() {
    return family == AF_BRIDGE;
  }

  @Override
  public int newType() {
    return RTM_NEWNEIGH;
  }

  @Override
  public String noun() {
    return isFdb() ? "fdb" : "neigh";
  }

  @Override
  public void encode(ByteBuffer out) {
    out.put((byte) family).put((byte) 0).putShort((short) 0);
    out.putInt(index).putShort((short) state);
    out.put((byte) flags).put((byte) type);
    attributes.encode(out);
  }

  static NeighbourMessage decode(ByteBuffer in) throws NetlinkException {
    Message.requireHeader("neighbour", in, HEADER_BYTES);
    int family = in.get() & 0xff;
    in.get();
    in.getShort();
    int index = in.getInt();
    int state = in.getShort() & 0xffff;
    int flags = in.get() & 0xff;
    int type = in.get() & 0xff;
    return new NeighbourMessage(
        family, index, state, flags, type, SHAPES.check("neighbour", Attributes.decode(in)));
  }

  @Override
  public String describe(IntFunction<String> deviceName) {
    String device = " dev " + deviceName.apply(index);
    String to = destination().map(InetAddress::getHostAddress).orElse("");
    String mac = lladdr().map(Lladdr::toString).orElse("");
    if (isFdb()) {
      String self = (flags & NTF_SELF) != 0 ? " self" : "";
      return mac + device + (to.isEmpty() ? "" : " dst " + to) + self;
    }
    return (isProxy() ? "proxy " : "") + to + (mac.isEmpty() ? "" : " lladdr " + mac) + device;
  }
}
