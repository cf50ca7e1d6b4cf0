// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which addresses a call wants.
 *
 * @param assign families that the configuration switches on or off; for others the pools decide
 * @param pools names or CIDRs; empty for any. Of a family without an entry, any
 * @param addresses specific addresses; empty for any
 */
record Addressing(Map<IpFamily, Boolean> assign, List<String> pools, List<InetAddress> addresses) {
  static final Addressing ANY = new Addressing(Map.of(), List.of(), List.of());
  private static final String PREFIX = "cni.projectcalico.org/";

  Addressing {
    assign = Map.copyOf(assign);
    pools = List.copyOf(pools);
    addresses = List.copyOf(addresses);
  }

  /** Annotations of the pod win over the configuration, as with Calico. */
  static Addressing of(JsonFields conf) throws CniException {
    JsonFields ipam = conf.object("ipam");
    Map<IpFamily, Boolean> assign = new EnumMap<>(IpFamily.class);
    assign(ipam, "assign_ipv4").ifPresent(wanted -> assign.put(IpFamily.IPV4, wanted));
    assign(ipam, "assign_ipv6").ifPresent(wanted -> assign.put(IpFamily.IPV6, wanted));
    Map<String, String> annotations = PodConf.annotations(conf);
    List<String> pools = new ArrayList<>();
    for (String key : List.of("ipv4pools", "ipv6pools")) {
      String annotation = annotations.get(PREFIX + key);
      pools.addAll(
          annotation == null
              ? ipam.strings(key.replace("pools", "_pools"))
              : list(PREFIX + key, annotation));
    }
    return new Addressing(assign, pools, addresses(conf, annotations));
  }

  /** Adds {@code IP=} of CNI_ARGS, which counts only when nobody else asks for an address. */
  Addressing withDeprecatedArg(Optional<String> ip) throws CniException {
    if (ip.isEmpty() || !addresses.isEmpty()) {
      return this;
    }
    return new Addressing(assign, pools, List.of(address("CNI_ARGS IP", ip.get())));
  }

  private static List<InetAddress> addresses(JsonFields conf, Map<String, String> annotations)
      throws CniException {
    List<InetAddress> addresses = new ArrayList<>();
    String annotation = annotations.get(PREFIX + "ipAddrs");
    if (annotation != null) {
      for (String text : list(PREFIX + "ipAddrs", annotation)) {
        addresses.add(address(PREFIX + "ipAddrs", text));
      }
      return addresses;
    }
    List<String> texts = conf.object("runtimeConfig").strings("ips");
    if (texts.isEmpty()) {
      texts = conf.object("args").object("cni").strings("ips");
    }
    for (String text : texts) {
      addresses.add(address("ips", text));
    }
    return addresses;
  }

  private static Optional<Boolean> assign(JsonFields ipam, String key) throws CniException {
    Optional<String> text = ipam.string(key);
    if (text.isPresent() && !text.get().matches("true|false")) {
      throw NetConf.invalid("ipam." + key, text.get(), "\"true\" or \"false\"");
    }
    return text.map(Boolean::valueOf);
  }

  /** An address, perhaps with a prefix length, which has no meaning here. */
  static InetAddress address(String key, String text) throws CniException {
    try {
      return Ip.parse(text.replaceFirst("/\\d+$", ""));
    } catch (IllegalArgumentException e) {
      throw NetConf.invalid(key, text, "an IPv4 or IPv6 address");
    }
  }

  /** An annotation whose value is a JSON array of strings. */
  private static List<String> list(String key, String value) throws CniException {
    List<String> items = new ArrayList<>();
    try {
      JsonElement json = JsonParser.parseString(value);
      for (JsonElement item : json instanceof JsonArray array ? array : new JsonArray()) {
        items.add(item.getAsString());
      }
    } catch (JsonParseException | IllegalStateException | UnsupportedOperationException e) {
      throw NetConf.invalid(key, value, "a JSON array of strings");
    }
    if (items.isEmpty()) {
      throw NetConf.invalid(key, value, "a JSON array of strings");
    }
    return items;
  }
}
