// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A network interface. One that Margay makes carries its owner's name as alias; a change of the
 * kind or of an info attribute that the kernel cannot change re-creates it.
 */
public final class Link implements KernelObject {
  /** The kernel's key. */
  public record Key(String name) {}

  private final String name;
  private final Optional<String> type;
  private final OptionalInt mtuBytes;
  private final Optional<MacAddress> mac;
  private final boolean up;
  private final Optional<String> parent;
  private final List<Attribute> info;
  private final List<Attribute> attributes;

  private Link(
      String name,
      Optional<String> type,
      OptionalInt mtuBytes,
      Optional<MacAddress> mac,
      boolean up,
      Optional<String> parent,
      List<Attribute> info,
      List<Attribute> attributes) {
    this.name = name;
    this.type = type;
    this.mtuBytes = mtuBytes;
    this.mac = mac;
    this.up = up;
    this.parent = parent;
    this.info = info;
    this.attributes = attributes;
  }

  /**
   * A link that the dataplane creates, and sets up.
   *
   * @param name 1..15 bytes
   * @param type the kernel's IFLA_INFO_KIND, such as {@code vxlan}
   */
  public static Link of(String name, String type) {
    return new Link(
        checked(name),
        Optional.of(type),
        OptionalInt.empty(),
        Optional.empty(),
        true,
        Optional.empty(),
        List.of(),
        List.of());
  }

  /** A link that something else makes: it is awaited and used, never created or deleted. */
  public static Link external(String name) {
    return new Link(
        checked(name),
        Optional.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        List.of(),
        List.of());
  }

  public Link withMtuBytes(int value) {
    return new Link(name, type, OptionalInt.of(value), mac, up, parent, info, attributes);
  }

  public Link withMac(MacAddress value) {
    return new Link(name, type, mtuBytes, Optional.of(value), up, parent, info, attributes);
  }

  /** Administratively up, as it is unless declared otherwise, or down. */
  public Link withUp(boolean value) {
    return new Link(name, type, mtuBytes, mac, value, parent, info, attributes);
  }

  /**
   * The link over which the packets of this one go, given by name because its index changes: {@code
   * ip link add NAME link PARENT}, for a vxlan its {@code dev}. Until it exists this link waits.
   */
  public Link withParent(String value) {
    return new Link(name, type, mtuBytes, mac, up, Optional.of(checked(value)), info, attributes);
  }

  /** Adds an attribute of IFLA_INFO_DATA, whose meaning depends on the type (linux/if_link.h). */
  public Link withInfo(Attribute value) {
    return new Link(name, type, mtuBytes, mac, up, parent, added(info, value), attributes);
  }

  /** Adds an attribute of the link message itself (linux/if_link.h IFLA_*). */
  public Link withAttribute(Attribute value) {
    return new Link(name, type, mtuBytes, mac, up, parent, info, added(attributes, value));
  }

  public String name() {
    return name;
  }

  /** IFLA_INFO_KIND; empty for an external link. */
  public Optional<String> type() {
    return type;
  }

  public boolean isExternal() {
    return type.isEmpty();
  }

  public OptionalInt mtuBytes() {
    return mtuBytes;
  }

  public Optional<MacAddress> mac() {
    return mac;
  }

  /** Whether the link is to be administratively up. */
  public boolean isUp() {
    return up;
  }

  public Optional<String> parent() {
    return parent;
  }

  public List<Attribute> info() {
    return info;
  }

  public List<Attribute> attributes() {
    return attributes;
  }

  @Override
  public Key key() {
    return new Key(name);
  }

  @Override
  public Kind kind() {
    return Kind.LINK;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Link l
        && l.name.equals(name)
        && l.type.equals(type)
        && l.mtuBytes.equals(mtuBytes)
        && l.mac.equals(mac)
        && l.up == up
        && l.parent.equals(parent)
        && l.info.equals(info)
        && l.attributes.equals(attributes);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, type, mtuBytes, mac, info);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("link ").append(name);
    parent.ifPresent(p -> out.append(" link ").append(p));
    mac.ifPresent(m -> out.append(" address ").append(m));
    mtuBytes.ifPresent(m -> out.append(" mtu ").append(m));
    out.append(up ? " up" : "");
    out.append(type.map(t -> " type " + t).orElse(" external"));
    info.forEach(a -> out.append(' ').append(a));
    return out.toString();
  }

  private static String checked(String name) {
    if (name.isEmpty() || name.length() > 15 || name.matches(".*[\\s/].*")) {
      throw new IllegalArgumentException(
          "link name: " + name + " (expected: 1..15 characters without space or slash)");
    }
    return name;
  }

  static <T> List<T> added(List<T> list, T value) {
    List<T> longer = new ArrayList<>(list);
    longer.add(value);
    return List.copyOf(longer);
  }
}
