// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One of several next hops of a route. linux/rtnetlink.h, struct rtnexthop.
 *
 * @param index the device
 * @param weight share of the flows, 1 to 256
 * @param flags RTNH_F_*
 */
public record NextHop(int index, int weight, int flags, Attributes attributes) {
  private static final int HEADER_BYTES = 8;
  private static final int RTVIA_HEADER_BYTES = 2;

  /** The gateway on this device, weight 1; the route has the gateway's family. */
  public static NextHop via(InetAddress gateway, int index) {
    Attributes a = withGateway(Attributes.NONE, Ip.family(gateway), gateway);
    return new NextHop(index, 1, 0, a);
  }

  public NextHop withWeight(int newWeight) {
    return new NextHop(index, newWeight, flags, attributes);
  }

  public NextHop withOnlink() {
    return new NextHop(index, weight, flags | RouteMessage.RTNH_F_ONLINK, attributes);
  }

  public NextHop withAttributes(Attributes a) {
    return new NextHop(index, weight, flags, a);
  }

  public Optional<InetAddress> gateway() {
    return gateway(attributes);
  }

  /** RTA_GATEWAY, or RTA_VIA where the gateway is of another family than the route. */
  static Attributes withGateway(Attributes attributes, int routeFamily, InetAddress gateway) {
    if (Ip.family(gateway) == routeFamily) {
      return attributes.without(RouteMessage.RTA_VIA).withIp(RouteMessage.RTA_GATEWAY, gateway);
    }
    byte[] address = gateway.getAddress();
    ByteBuffer via =
        ByteBuffer.allocate(RTVIA_HEADER_BYTES + address.length).order(ByteOrder.nativeOrder());
    via.putShort((short) Ip.family(gateway)).put(address);
    return attributes.without(RouteMessage.RTA_GATEWAY).with(RouteMessage.RTA_VIA, via.array());
  }

  static Optional<InetAddress> gateway(Attributes attributes) {
    return attributes
        .ip(RouteMessage.RTA_GATEWAY)
        .or(
            () ->
                attributes
                    .get(RouteMessage.RTA_VIA)
                    .filter(v -> v.length == 6 || v.length == 18)
                    .map(v -> Ip.address(Arrays.copyOfRange(v, RTVIA_HEADER_BYTES, v.length))));
  }

  static byte[] encode(List<NextHop> nextHops) {
    int size = nextHops.stream().mapToInt(h -> HEADER_BYTES + h.attributes.bytes().length).sum();
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    for (NextHop hop : nextHops) {
      out.putShort((short) (HEADER_BYTES + hop.attributes.bytes().length));
      out.put((byte) hop.flags).put((byte) (hop.weight - 1)).putInt(hop.index);
      hop.attributes.encode(out);
    }
    return out.array();
  }

  static Optional<List<NextHop>> tryDecode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.nativeOrder());
    List<NextHop> hops = new ArrayList<>();
    while (in.hasRemaining()) {
      int size = in.remaining() < HEADER_BYTES ? 0 : in.getShort(in.position()) & 0xffff;
      if (size < HEADER_BYTES || size > in.remaining()) {
        return Optional.empty();
      }
      int flags = in.get(in.position() + 2) & 0xff;
      int weight = (in.get(in.position() + 3) & 0xff) + 1;
      int index = in.getInt(in.position() + 4);
      int start = in.position();
      Optional<Attributes> attributes =
          Attributes.tryDecode(Arrays.copyOfRange(value, start + HEADER_BYTES, start + size));
      if (attributes.isEmpty()) {
        return Optional.empty();
      }
      hops.add(new NextHop(index, weight, flags, attributes.get()));
      in.position(Math.min(start + Attributes.align(size), in.limit()));
    }
    return Optional.of(List.copyOf(hops));
  }
}
