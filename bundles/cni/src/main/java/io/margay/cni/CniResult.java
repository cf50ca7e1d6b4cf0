// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.margay.api.dataplane.HostLink;
import io.margay.api.dataplane.Workload;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** What ADD made, in the words of each version of the specification. CNI 1.1.0 section 5. */
record CniResult(Workload workload, HostLink link, JsonObject dns) {
  /** The pod's gateways: an address that no link has, and the link-local of {@code HOST_MAC}. */
  private static final String GATEWAY_IPV4 = "169.254.1.1";

  private static final String GATEWAY_IPV6 = "fe80::ecee:eeff:feee:eeee";

  /**
   * Encodes the result.
   *
   * @param previous what plugins earlier in the chain made; ours is added behind it
   */
  JsonObject encode(SpecVersion version, Optional<JsonObject> previous) {
    JsonObject json = previous.map(JsonObject::deepCopy).orElseGet(JsonObject::new);
    json.addProperty("cniVersion", version.toString());
    if (version.atLeast(SpecVersion.V0_3_0)) {
      int first = array(json, "interfaces").size();
      array(json, "interfaces").addAll(interfaces(version));
      array(json, "ips").addAll(ips(version, first + 1));
      array(json, "routes").addAll(routes(List.of(IpFamily.values())));
    } else {
      for (IpFamily family : IpFamily.values()) {
        addFamily(json, family);
      }
    }
    if (!dns.isEmpty() || !json.has("dns")) {
      json.add("dns", dns);
    }
    return json;
  }

  private JsonArray interfaces(SpecVersion version) {
    JsonObject host = new JsonObject();
    host.addProperty("name", link.hostLink());
    host.addProperty("mac", link.hostMac().toString());
    JsonObject pod = new JsonObject();
    pod.addProperty("name", workload.podLink());
    pod.addProperty("mac", link.podMac().toString());
    if (version.atLeast(SpecVersion.V1_1_0)) {
      host.addProperty("mtu", link.mtuBytes());
      pod.addProperty("mtu", link.mtuBytes());
    }
    pod.addProperty("sandbox", workload.namespace().toString());
    JsonArray interfaces = new JsonArray();
    interfaces.add(host);
    interfaces.add(pod);
    return interfaces;
  }

  private JsonArray ips(SpecVersion version, int podIndex) {
    JsonArray ips = new JsonArray();
    for (InetAddress address : workload.addresses()) {
      JsonObject ip = new JsonObject();
      if (!version.atLeast(SpecVersion.V1_0_0)) {
        ip.addProperty("version", IpFamily.of(address) == IpFamily.IPV4 ? "4" : "6");
      }
      ip.addProperty("interface", podIndex);
      ip.addProperty("address", Cidr.host(address).toString());
      ips.add(ip);
    }
    return ips;
  }

  private JsonArray routes(List<IpFamily> families) {
    JsonArray routes = new JsonArray();
    for (IpFamily family : families) {
      if (addressOf(family).isPresent()) {
        JsonObject route = new JsonObject();
        route.addProperty("dst", family == IpFamily.IPV4 ? "0.0.0.0/0" : "::/0");
        route.addProperty("gw", family == IpFamily.IPV4 ? GATEWAY_IPV4 : GATEWAY_IPV6);
        routes.add(route);
      }
    }
    return routes;
  }

  /** Version 0.2.0 and before: one address of each family, no interfaces. */
  private void addFamily(JsonObject json, IpFamily family) {
    addressOf(family)
        .ifPresent(
            address -> {
              JsonObject ip = new JsonObject();
              ip.addProperty("ip", Ip.text(address) + "/" + family.addressBits());
              ip.add("routes", routes(List.of(family)));
              json.add(family == IpFamily.IPV4 ? "ip4" : "ip6", ip);
            });
  }

  private Optional<InetAddress> addressOf(IpFamily family) {
    return workload.addresses().stream().filter(a -> IpFamily.of(a) == family).findFirst();
  }

  private static JsonArray array(JsonObject json, String key) {
    JsonElement found = json.get(key);
    if (found instanceof JsonArray array) {
      return array;
    }
    JsonArray array = new JsonArray();
    json.add(key, array);
    return array;
  }
}
