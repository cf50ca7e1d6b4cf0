// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Whether an object in the kernel is what was declared. Only declared attributes count, since the
 * kernel reports many more; a route's source, MTU and encapsulation count even when not declared,
 * because nobody but a writer of the route sets them.
 */
final class Match {
  /** linux/if_link.h IFLA_IFALIAS. */
  static final int IFLA_IFALIAS = 20;

  private static final String FALLBACK_LINK = "tunl0";
  private static final String FALLBACK_TYPE = "ipip";

  private static final int NLA_TYPE_MASK = 0x3fff;

  private Match() {}

  /**
   * Whether a foreign object with our key may be taken: the kernel holds no mark of who made it, or
   * makes such objects itself.
   */
  static boolean isAdoptable(Kind kind) {
    return kind != Kind.LINK && kind != Kind.ROUTE;
  }

  /**
   * Whether the declared link may take this foreign one: the module of its type makes it by itself
   * in every namespace, and it is as the module left it.
   */
  static boolean isSpare(KernelObject declared, KernelObject found) {
    return declared instanceof Link wanted
        && found instanceof Link there
        && isFallback(there.name())
        && wanted.type().equals(there.type())
        && wanted.type().equals(Optional.of(FALLBACK_TYPE))
        && !there.isUp()
        && alias(there).isEmpty();
  }

  /**
   * Whether the kernel may keep the link, though it says that it has deleted it; net/ipv4/ipip.c.
   */
  static boolean isFallback(String link) {
    return link.equals(FALLBACK_LINK);
  }

  /** Whether this is a link that something else makes and that we never write. */
  static boolean isExternal(KernelObject object) {
    return object instanceof Link link && link.isExternal();
  }

  /** Whether the found object, which has the same key, satisfies the declared one. */
  static boolean satisfies(KernelObject declared, Owner owner, KernelObject found) {
    return switch (declared.kind()) {
      case LINK -> link((Link) declared, owner, (Link) found);
      case ADDRESS, NFT_ELEMENT -> true;
      case SYSCTL ->
          declared instanceof Sysctl sysctl
              ? normal(sysctl.value()).equals(normal(((Sysctl) found).value()))
              : declared.equals(found);
      case NEIGHBOUR -> ((Neighbour) declared).mac().equals(((Neighbour) found).mac());
      case FDB -> ((FdbEntry) declared).destination().equals(((FdbEntry) found).destination());
      case BPF_MAP -> bpfMap((BpfMap) declared, (BpfMap) found);
      case RULE, BPF_MAP_ENTRY, BPF_PROGRAM, NFT_TABLE -> declared.equals(found);
      case ROUTE -> route((Route) declared, (Route) found);
    };
  }

  /** What was found, in words, without the attributes that nobody declared. */
  static String text(KernelObject found, KernelObject declared) {
    if (!(found instanceof Link there) || !(declared instanceof Link wanted)) {
      return found.toString();
    }
    Link text =
        there
            .type()
            .map(type -> Link.of(there.name(), type))
            .orElseGet(() -> Link.external(there.name()))
            .withUp(there.isUp());
    if (wanted.mtuBytes().isPresent() && there.mtuBytes().isPresent()) {
      text = text.withMtuBytes(there.mtuBytes().getAsInt());
    }
    if (wanted.mac().isPresent() && there.mac().isPresent()) {
      text = text.withMac(there.mac().get());
    }
    if (wanted.parent().isPresent() && there.parent().isPresent()) {
      text = text.withParent(there.parent().get());
    }
    for (Attribute attribute : wanted.info()) {
      Optional<Attribute> value = find(there.info(), attribute.type());
      text = value.isPresent() ? text.withInfo(value.get()) : text;
    }
    return text.toString();
  }

  /** The alias of a link that was read from the kernel; empty when it has none. */
  static String alias(Link link) {
    return find(link.attributes(), IFLA_IFALIAS)
        .map(a -> new String(a.value(), StandardCharsets.UTF_8).replace("\0", ""))
        .orElse("");
  }

  /** The declared attributes that the link in the kernel has not, or has with another value. */
  static List<Attribute> missing(List<Attribute> declared, List<Attribute> found) {
    return declared.stream()
        .filter(d -> !find(found, d.type()).map(f -> sameValue(d, f)).orElse(false))
        .toList();
  }

  private static boolean link(Link declared, Owner owner, Link found) {
    if (declared.isExternal()) {
      return true;
    }
    return declared.type().equals(found.type())
        && alias(found).equals(owner.name())
        && declared.isUp() == found.isUp()
        && (declared.mtuBytes().isEmpty() || declared.mtuBytes().equals(found.mtuBytes()))
        && (declared.mac().isEmpty() || declared.mac().equals(found.mac()))
        && sameParent(declared, found)
        && missing(declared.info(), found.info()).isEmpty()
        && missing(declared.attributes(), found.attributes()).isEmpty();
  }

  /** Whether the link goes over the parent that was declared, if one was. */
  static boolean sameParent(Link declared, Link found) {
    return declared.parent().isEmpty() || declared.parent().equals(found.parent());
  }

  /** The kernel does not know the names of counters. */
  private static boolean bpfMap(BpfMap declared, BpfMap found) {
    return declared.type() == found.type()
        && declared.keyBytes() == found.keyBytes()
        && declared.valueBytes() == found.valueBytes()
        && declared.maxEntries() == found.maxEntries();
  }

  private static boolean route(Route declared, Route found) {
    return declared.type() == found.type()
        && declared.mtuBytes().equals(found.mtuBytes())
        && declared.source().equals(found.source())
        && encap(declared.encap(), found.encap())
        && nextHops(declared.nextHops(), found.nextHops());
  }

  private static boolean encap(Optional<Route.Encap> declared, Optional<Route.Encap> found) {
    if (declared.isEmpty() || found.isEmpty()) {
      return declared.isEmpty() && found.isEmpty();
    }
    return declared.get().type() == found.get().type()
        && missing(declared.get().attributes(), found.get().attributes()).isEmpty();
  }

  /** In any order: the kernel keeps its own. */
  private static boolean nextHops(List<NextHop> declared, List<NextHop> found) {
    if (declared.size() != found.size()) {
      return false;
    }
    if (declared.size() == 1) {
      return nextHop(declared.get(0), found.get(0));
    }
    List<NextHop> left = new ArrayList<>(found);
    for (NextHop hop : declared) {
      Optional<NextHop> same =
          left.stream().filter(f -> f.weight() == hop.weight() && nextHop(hop, f)).findFirst();
      if (same.isEmpty()) {
        return false;
      }
      left.remove(same.get());
    }
    return true;
  }

  private static boolean nextHop(NextHop declared, NextHop found) {
    return declared.gateway().equals(found.gateway())
        && (declared.link().isEmpty() || declared.link().equals(found.link()))
        && (!declared.onlink() || found.onlink());
  }

  private static Optional<Attribute> find(List<Attribute> attributes, int type) {
    return attributes.stream()
        .filter(a -> (a.type() & NLA_TYPE_MASK) == (type & NLA_TYPE_MASK))
        .findFirst();
  }

  private static boolean sameValue(Attribute a, Attribute b) {
    return Arrays.equals(a.value(), b.value());
  }

  private static String normal(String value) {
    return value.strip().replaceAll("\\s+", " ");
  }
}
