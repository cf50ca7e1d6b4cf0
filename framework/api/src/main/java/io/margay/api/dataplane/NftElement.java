// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.net.InetAddress;
import java.util.Optional;

/**
 * An element of a set of the table {@link NftTable}: a link's name, an address or prefix, or both.
 * Added and removed one by one, without touching the table. While the table is not in the kernel an
 * element waits for it and counts as settled; the table comes with all its elements.
 */
public final class NftElement implements KernelObject {
  private static final int LINK_NAME_CHARS = 15;

  /** The kernel's key. */
  public record Key(String set, Optional<String> link, Optional<Cidr> prefix) {}

  private final Key key;

  private NftElement(Key key) {
    if (!key.set().matches("[a-z][a-z0-9-]*")) {
      throw new IllegalArgumentException(
          "nft set: " + key.set() + " (expected: lower-case letters, digits and dashes)");
    }
    key.link().ifPresent(NftElement::checkLink);
    this.key = key;
  }

  /** An element of a set of {@code type ifname}. */
  public static NftElement of(String set, String link) {
    return new NftElement(new Key(set, Optional.of(link), Optional.empty()));
  }

  /** An element of a set of {@code type ipv4_addr} or {@code type ipv6_addr}. */
  public static NftElement of(String set, InetAddress address) {
    return new NftElement(new Key(set, Optional.empty(), Optional.of(Cidr.host(address))));
  }

  /** An element of a set of {@code type ifname . ipv4_addr} or {@code ifname . ipv6_addr}. */
  public static NftElement of(String set, String link, InetAddress address) {
    return of(set, link, Cidr.host(address));
  }

  /**
   * An element of a set of {@code type ifname . ipv4_addr} or {@code ifname . ipv6_addr}, for more
   * than one address with {@code flags interval}. The prefixes of one link must not overlap.
   */
  public static NftElement of(String set, String link, Cidr prefix) {
    return new NftElement(new Key(set, Optional.of(link), Optional.of(prefix)));
  }

  /** Name of the set. */
  public String set() {
    return key.set();
  }

  /** The link's name, if the set's type has one; it comes first. */
  public Optional<String> link() {
    return key.link();
  }

  /** The address or the prefix, if the set's type has one. */
  public Optional<Cidr> prefix() {
    return key.prefix();
  }

  /** The element as between the braces of {@code nft add element}. */
  public String text() {
    String address = key.prefix().map(NftElement::text).orElse("");
    return key.link()
        .map(l -> '"' + l + '"' + (address.isEmpty() ? "" : " . " + address))
        .orElse(address);
  }

  private static String text(Cidr prefix) {
    return prefix.isHost() ? Ip.text(prefix.network()) : prefix.toString();
  }

  private static void checkLink(String name) {
    if (name.isEmpty() || name.length() > LINK_NAME_CHARS || !name.matches("[^\\s\"/]+")) {
      throw new IllegalArgumentException("link: " + name + " (expected: 1..15 characters)");
    }
  }

  @Override
  public Key key() {
    return key;
  }

  @Override
  public Kind kind() {
    return Kind.NFT_ELEMENT;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof NftElement e && e.key.equals(key);
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  @Override
  public String toString() {
    return "nft element " + key.set() + " { " + text() + " }";
  }
}
