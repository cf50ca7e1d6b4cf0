// SPDX-License-Identifier: Apache-2.0
package io.margay.core.node;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Node;
import io.margay.api.store.Store;
import io.margay.core.plan.TunnelWish;
import io.margay.core.view.TunnelFields;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Takes tunnel addresses from IPAM, under Calico's handles and with Calico's attributes, and writes
 * them into the Node. Blocks. What is repeated returns what is held, and writes nothing.
 */
public final class TunnelAssignment {
  private static final String TYPE = "type";

  private final Ipam ipam;
  private final String node;
  private final NodeDocument document;

  public TunnelAssignment(Ipam ipam, Store store, String node) {
    this.ipam = ipam;
    this.node = node;
    this.document = new NodeDocument(store, node);
  }

  /**
   * Makes sure that the node has the address wished for. One that no longer fits is given back for
   * one that does; where there is no other, it stays.
   *
   * @throws IpamException there is none to be had, or the store failed
   */
  public InetAddress assign(TunnelWish wish) throws IpamException {
    if (wish.pools().isEmpty()) {
      throw new IpamException(
          IpamException.Reason.NO_POOL,
          "no pool with allowedUses Tunnel among those of mode "
              + wish.mode()
              + " selects node "
              + node);
    }
    Assignment held = request(wish);
    Optional<InetAddress> fitting = fitting(held, wish);
    if (fitting.isEmpty()) {
      if (!wish.available()) {
        throw new IpamException(
            IpamException.Reason.NO_POOL, "none of " + wish.pools() + " gives out addresses");
      }
      ipam.release(held.handle(), document.writes(n -> without(n, wish, held)));
      fitting = fitting(request(wish), wish);
    }
    return fitting.orElseThrow(
        () ->
            new IpamException(
                IpamException.Reason.NO_POOL, "the address is in none of " + wish.pools()));
  }

  private Assignment request(TunnelWish wish) throws IpamException {
    AddressRequest request =
        new AddressRequest(
            handle(wish.mode(), wish.family(), node),
            node,
            AddressRequest.Use.TUNNEL,
            Set.of(wish.family()),
            wish.pools(),
            List.of(),
            Map.of(),
            Map.of(TYPE, type(wish.mode(), wish.family()), Allocation.NODE, node));
    return ipam.assign(
        request,
        a ->
            fitting(a, wish)
                .map(address -> document.writes(n -> withAddress(n, wish, Optional.of(address))))
                .orElse(List.of()));
  }

  private static Optional<InetAddress> fitting(Assignment held, TunnelWish wish) {
    return held.addresses().stream()
        .map(Assignment.Assigned::address)
        .filter(wish::fits)
        .findFirst();
  }

  private static Node withAddress(Node node, TunnelWish wish, Optional<InetAddress> address)
      throws InvalidResourceException {
    return TunnelFields.withAddress(node, wish.mode(), wish.family(), address);
  }

  private static Node without(Node node, TunnelWish wish, Assignment held)
      throws InvalidResourceException {
    Node result = withAddress(node, wish, Optional.empty());
    for (Assignment.Assigned assigned : held.addresses()) {
      result = TunnelFields.withoutParked(result, Map.of(wish.key(), assigned.address()));
    }
    return result;
  }

  /**
   * Who holds a tunnel address: {@code ipip-tunnel-addr-NODE}, {@code vxlan-v6-tunnel-addr-NODE}.
   */
  public static String handle(String mode, IpFamily family, String node) {
    return mode + (family == IpFamily.IPV6 ? "-v6" : "") + "-tunnel-addr-" + node;
  }

  /** What kind of address it is: {@code ipipTunnelAddress}, {@code vxlanV6TunnelAddress}. */
  static String type(String mode, IpFamily family) {
    return mode + (family == IpFamily.IPV6 ? "V6" : "") + "TunnelAddress";
  }
}
