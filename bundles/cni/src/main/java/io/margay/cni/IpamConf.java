// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Optional;
import java.util.Set;

/**
 * Who gives the addresses, and to whom. We may be the main plugin with our own addresses or with
 * those of another IPAM plugin, or the IPAM plugin of another main plugin.
 *
 * @param delegate IPAM plugin that we execute; empty for our own addresses
 * @param mainPlugin plugin that executes us for addresses; empty when we are the main plugin
 * @param routes for the result, as {@code ipam.routes} has them, when there is a main plugin
 */
record IpamConf(Optional<String> delegate, Optional<String> mainPlugin, JsonArray routes) {
  static final IpamConf OURS = new IpamConf(Optional.empty(), Optional.empty(), new JsonArray());

  /** IPAM types that mean our own addresses, whatever name we are installed by. */
  private static final Set<String> OUR_TYPES = Set.of("margay", "margay-ipam", "calico-ipam");

  /**
   * Reads {@code type} and {@code ipam} of a network configuration.
   *
   * @param plugin the name by which we were executed: with that as {@code ipam.type} and another
   *     {@code type} we are asked for addresses only
   */
  static IpamConf of(JsonFields conf, String plugin) throws CniException {
    JsonFields ipam = conf.object("ipam");
    Optional<String> ipamType = ipam.string("type").filter(type -> !type.isEmpty());
    if (ipamType.isEmpty()) {
      return OURS;
    }
    String type = ipamType.get();
    String main = conf.string("type").orElse("");
    if (type.equals(plugin)) {
      return main.isEmpty() || main.equals(plugin)
          ? OURS
          : new IpamConf(Optional.empty(), Optional.of(main), routes(ipam));
    }
    if (OUR_TYPES.contains(type)) {
      return OURS;
    }
    if (!Request.NAME.matcher(type).matches()) {
      throw NetConf.invalid("ipam.type", type, "the name of an IPAM plugin");
    }
    return new IpamConf(Optional.of(type), Optional.empty(), new JsonArray());
  }

  /** What cannot be read hinders no DEL. */
  static IpamConf ofDel(JsonFields conf, String plugin) {
    try {
      return of(conf, plugin);
    } catch (CniException e) {
      return OURS;
    }
  }

  private static JsonArray routes(JsonFields ipam) throws CniException {
    JsonArray routes = new JsonArray();
    for (JsonFields route : ipam.objects("routes")) {
      route.required("dst");
      route.json().map(JsonObject::deepCopy).map(JsonElement.class::cast).ifPresent(routes::add);
    }
    return routes;
  }
}
