// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonObject;
import io.margay.api.net.MacAddress;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a result of 0.3 or later lists of one interface: what ADD made, and what plugins further
 * down the chain have made of it.
 *
 * @param mtuBytes since 1.1
 */
record ListedInterface(
    Optional<MacAddress> mac, Optional<Integer> mtuBytes, Set<InetAddress> addresses) {
  ListedInterface {
    addresses = Set.copyOf(addresses);
  }

  /**
   * Finds an interface.
   *
   * @param sandbox empty on the host
   */
  static Optional<ListedInterface> find(JsonObject result, String ifname, String sandbox)
      throws CniException {
    JsonFields fields = new JsonFields(result, "prevResult.");
    List<JsonFields> interfaces = fields.objects("interfaces");
    for (int i = 0; i < interfaces.size(); i++) {
      JsonFields listed = interfaces.get(i);
      if (listed.string("name").equals(Optional.of(ifname))
          && listed.string("sandbox").orElse("").equals(sandbox)) {
        Optional<MacAddress> mac = PodConf.mac("prevResult.interfaces.mac", listed.string("mac"));
        return Optional.of(new ListedInterface(mac, listed.integer("mtu"), addresses(fields, i)));
      }
    }
    return Optional.empty();
  }

  private static Set<InetAddress> addresses(JsonFields result, int index) throws CniException {
    Set<InetAddress> addresses = new HashSet<>();
    for (JsonFields ip : result.objects("ips")) {
      if (ip.integer("interface").equals(Optional.of(index))) {
        addresses.add(Addressing.address("prevResult.ips", ip.required("address")));
      }
    }
    return addresses;
  }
}
