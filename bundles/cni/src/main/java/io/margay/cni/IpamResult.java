// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * What an IPAM plugin answers to its main plugin: no interfaces. CNI 1.1.0 section 5, "Delegated
 * plugins (IPAM)".
 *
 * @param addresses at least one
 * @param routes as in a result
 * @param dns as in a result; empty for none
 */
record IpamResult(List<InetAddress> addresses, JsonArray routes, JsonObject dns) {
  IpamResult {
    addresses = List.copyOf(addresses);
  }

  /** Of any version. Its routes are left out: a pod of ours sends everything by its one link. */
  static IpamResult parse(JsonObject json) throws CniException {
    JsonFields fields = new JsonFields(json, "");
    List<InetAddress> addresses = new ArrayList<>();
    for (JsonFields ip : fields.objects("ips")) {
      addresses.add(address("ips.address", ip.required("address")));
    }
    for (String family : List.of("ip4", "ip6")) {
      if (fields.has(family)) {
        addresses.add(address(family + ".ip", fields.object(family).required("ip")));
      }
    }
    if (addresses.isEmpty()) {
      throw NetConf.invalid("ips", "none", "at least one address");
    }
    JsonObject dns = fields.object("dns").json().orElseGet(JsonObject::new);
    return new IpamResult(addresses, new JsonArray(), dns);
  }

  JsonObject encode(SpecVersion version) {
    JsonObject json = new JsonObject();
    json.addProperty("cniVersion", version.toString());
    if (version.atLeast(SpecVersion.V0_3_0)) {
      JsonArray ips = new JsonArray();
      addresses.forEach(address -> ips.add(ip(address, version)));
      json.add("ips", ips);
      json.add("routes", routes);
    } else {
      addresses.forEach(address -> addFamily(json, address));
    }
    json.add("dns", dns);
    return json;
  }

  private static JsonObject ip(InetAddress address, SpecVersion version) {
    JsonObject ip = new JsonObject();
    if (!version.atLeast(SpecVersion.V1_0_0)) {
      ip.addProperty("version", IpFamily.of(address) == IpFamily.IPV4 ? "4" : "6");
    }
    ip.addProperty("address", Cidr.host(address).toString());
    return ip;
  }

  private void addFamily(JsonObject json, InetAddress address) {
    boolean isIpv4 = IpFamily.of(address) == IpFamily.IPV4;
    JsonArray ofFamily = new JsonArray();
    for (JsonElement route : routes) {
      if (route.getAsJsonObject().get("dst").getAsString().contains(":") != isIpv4) {
        ofFamily.add(route);
      }
    }
    JsonObject ip = new JsonObject();
    ip.addProperty("ip", Ip.text(address) + "/" + IpFamily.of(address).addressBits());
    ip.add("routes", ofFamily);
    json.add(isIpv4 ? "ip4" : "ip6", ip);
  }

  private static InetAddress address(String key, String text) throws CniException {
    try {
      return InterfaceAddress.parse(text).address();
    } catch (IllegalArgumentException e) {
      throw NetConf.invalid(key, text, "an address with its prefix length");
    }
  }
}
