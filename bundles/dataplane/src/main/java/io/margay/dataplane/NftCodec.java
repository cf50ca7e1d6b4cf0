// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.NftElement;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.netlink.NftSocket.NftSet;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Keys of elements as the kernel has them: the fields of the set's type one after the other. Types
 * are numbers of nft's own, six bits for each field (nftables include/datatype.h TYPE_*).
 */
final class NftCodec {
  private static final int TYPE_IPADDR = 7;
  private static final int TYPE_IP6ADDR = 8;
  private static final int TYPE_IFNAME = 41;
  private static final int TYPE_BITS = 6;
  private static final int IFNAMSIZ = 16;
  private static final int IPV4_BYTES = 4;
  private static final int IPV6_BYTES = 16;

  private NftCodec() {}

  static byte[] key(NftElement element) {
    return key(element, element.prefix().map(Cidr::network));
  }

  /** The last key of a prefix; empty for one address. */
  static byte[] keyEnd(NftElement element) {
    return element.prefix().filter(p -> !p.isHost()).isPresent()
        ? key(element, element.prefix().map(Cidr::last))
        : new byte[0];
  }

  private static byte[] key(NftElement element, Optional<InetAddress> address) {
    ByteBuffer key = ByteBuffer.allocate(IFNAMSIZ + IPV6_BYTES);
    element
        .link()
        .ifPresent(link -> key.put(Arrays.copyOf(link.getBytes(StandardCharsets.UTF_8), IFNAMSIZ)));
    address.ifPresent(a -> key.put(a.getAddress()));
    return Arrays.copyOf(key.array(), key.position());
  }

  /** The element with this key; empty for a set of a type that no element of ours has. */
  static Optional<NftElement> element(NftSet set, byte[] key, byte[] keyEnd) {
    boolean hasLink = set.keyType() == TYPE_IFNAME || set.keyType() >> TYPE_BITS == TYPE_IFNAME;
    int from = hasLink ? IFNAMSIZ : 0;
    int addressBytes =
        switch (set.keyType() & (1 << TYPE_BITS) - 1) {
          case TYPE_IPADDR -> IPV4_BYTES;
          case TYPE_IP6ADDR -> IPV6_BYTES;
          default -> 0;
        };
    boolean isKnown = set.keyType() == TYPE_IFNAME || addressBytes > 0;
    if (!isKnown || key.length != from + addressBytes) {
      return Optional.empty();
    }
    String link = new String(key, 0, from, StandardCharsets.UTF_8).replace("\0", "");
    if (addressBytes == 0) {
      return Optional.of(NftElement.of(set.name(), link));
    }
    byte[] first = Arrays.copyOfRange(key, from, key.length);
    if (!hasLink) {
      return Optional.of(NftElement.of(set.name(), Ip.of(first)));
    }
    if (keyEnd.length != key.length) {
      return Optional.of(NftElement.of(set.name(), link, Ip.of(first)));
    }
    return Optional.of(NftElement.of(set.name(), link, prefix(first, keyEnd, from)));
  }

  /** The prefix from one address to another; only prefixes are ever added. */
  private static Cidr prefix(byte[] first, byte[] keyEnd, int from) {
    int bits = 0;
    while (bits < Byte.SIZE * first.length
        && bit(first, bits) == bit(keyEnd, Byte.SIZE * from + bits)) {
      bits++;
    }
    return Cidr.containing(Ip.of(first), bits);
  }

  private static int bit(byte[] bytes, int at) {
    return bytes[at / Byte.SIZE] >> Byte.SIZE - 1 - at % Byte.SIZE & 1;
  }
}
