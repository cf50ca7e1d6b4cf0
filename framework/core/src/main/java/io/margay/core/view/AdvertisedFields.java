// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Node;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a Node has what its modes advertise: the MAC addresses of vxlan in Calico's own fields, all
 * else in one annotation for each mode, as JSON.
 */
public final class AdvertisedFields {
  static final String PREFIX = "margay.io/advertise.";
  private static final String VXLAN = "vxlan";
  private static final String MAC = "mac/";

  private AdvertisedFields() {}

  /** By mode, what it advertises; modes that advertise nothing are missing. */
  public static Map<String, Map<String, String>> of(Node node) throws InvalidResourceException {
    Map<String, Map<String, String>> advertised = new TreeMap<>();
    for (String annotation : node.metadata().annotations().keySet()) {
      if (annotation.startsWith(PREFIX)) {
        advertised.put(annotation.substring(PREFIX.length()), Annotations.texts(node, annotation));
      }
    }
    for (IpFamily family : IpFamily.values()) {
      node.vxlanTunnelMacAddr(family)
          .ifPresent(
              mac ->
                  advertised
                      .computeIfAbsent(VXLAN, m -> new TreeMap<>())
                      .put(MAC + family, mac.toString()));
    }
    advertised.values().removeIf(Map::isEmpty);
    return advertised;
  }

  /**
   * Replaces what a mode advertises; nothing removes it.
   *
   * @throws IllegalArgumentException a MAC address of vxlan is none
   */
  public static Node with(Node node, String mode, Map<String, String> values) {
    Map<String, String> rest = new TreeMap<>(values);
    Node result = node;
    if (mode.equals(VXLAN)) {
      for (IpFamily family : IpFamily.values()) {
        Optional<MacAddress> mac =
            Optional.ofNullable(rest.remove(MAC + family)).map(MacAddress::parse);
        result = result.withVxlanTunnelMacAddr(family, mac);
      }
    }
    return Annotations.with(result, PREFIX + mode, rest);
  }
}
