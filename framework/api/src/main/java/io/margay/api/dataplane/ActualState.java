// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the kernel holds, at one moment.
 *
 * @param objects what was asked for, each with its owner when it is ours
 * @param links every interface of the node
 * @param lookups answers to the FIB lookups; an address without a route is missing
 */
public record ActualState(
    List<Item> objects, List<Interface> links, Map<InetAddress, FibResult> lookups) {
  public ActualState {
    objects = List.copyOf(objects);
    links = List.copyOf(links);
    lookups = Map.copyOf(lookups);
  }

  /**
   * An object in the kernel.
   *
   * @param owner who declared it; empty for foreign ones and for ours that nobody declares now
   * @param ours whether we recognise it as ours
   */
  public record Item(KernelObject object, Optional<Owner> owner, boolean ours) {}

  /**
   * An interface as the kernel reports it.
   *
   * @param type IFLA_INFO_KIND; empty for hardware
   * @param up administratively up and with carrier
   * @param addresses with their prefix lengths
   */
  public record Interface(
      int index,
      String name,
      String type,
      String alias,
      Optional<MacAddress> mac,
      int mtuBytes,
      boolean up,
      List<Address> addresses) {
    public Interface {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * A FIB lookup's answer.
   *
   * @param gateway empty when the address is on the link
   */
  public record FibResult(
      String link, Optional<InetAddress> gateway, Optional<InetAddress> source, boolean local) {}
}
