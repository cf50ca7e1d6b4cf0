// SPDX-License-Identifier: Apache-2.0
package io.margay.api.ipam;

import io.margay.api.net.Cidr;
import java.net.InetAddress;
import java.util.List;

/**
 * Addresses that a handle holds.
 *
 * @param addresses IPv4 before IPv6
 * @param existed whether the handle held them before this request
 */
public record Assignment(String handle, List<Assigned> addresses, boolean existed) {
  public Assignment {
    addresses = List.copyOf(addresses);
  }

  /**
   * One address.
   *
   * @param pool name of its pool
   */
  public record Assigned(InetAddress address, Cidr block, String pool) {}
}
