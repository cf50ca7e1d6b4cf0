// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.AddressAnnotations;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Problem;
import io.margay.cni.CniException.Code;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which addresses a call wants, as its network configuration says; {@link #within} adds what
 * annotations say.
 *
 * @param assign families that somebody switches on or off; for others the pools decide
 * @param pools of each family for which certain pools are asked for
 * @param addresses certain addresses out of pools; empty for any
 * @param pod what the pod's own annotations say
 */
record Addressing(
    Map<IpFamily, Boolean> assign,
    Map<IpFamily, Pools> pools,
    List<InetAddress> addresses,
    AddressAnnotations pod) {
  static final Addressing ANY =
      new Addressing(Map.of(), Map.of(), List.of(), AddressAnnotations.NONE);

  /**
   * Pools that are asked for.
   *
   * @param asker who asks, for messages
   * @param names names or CIDRs; empty for any
   */
  record Pools(String asker, List<String> names) {
    Pools {
      names = List.copyOf(names);
    }
  }

  Addressing {
    assign = Map.copyOf(assign);
    pools = Map.copyOf(pools);
    addresses = List.copyOf(addresses);
  }

  static Addressing of(JsonFields conf) throws CniException {
    JsonFields ipam = conf.object("ipam");
    Map<IpFamily, Boolean> assign = new EnumMap<>(IpFamily.class);
    Map<IpFamily, Pools> pools = new EnumMap<>(IpFamily.class);
    for (IpFamily family : IpFamily.values()) {
      String suffix = family == IpFamily.IPV4 ? "ipv4" : "ipv6";
      assign(ipam, "assign_" + suffix).ifPresent(wanted -> assign.put(family, wanted));
      List<String> names = ipam.strings(suffix + "_pools");
      if (!names.isEmpty()) {
        pools.put(family, new Pools("ipam." + suffix + "_pools", names));
      }
    }
    AddressAnnotations pod = annotations(PodConf.annotations(conf));
    if (!pod.addressesNoIpam().isEmpty() && !isNoIpamAllowed(conf)) {
      throw new CniException(
          Code.UNSUPPORTED_FIELD,
          "cni.projectcalico.org/ipAddrsNoIpam: %s (expected: absent, since feature_control."
                  .formatted(pod.addressesNoIpam().stream().map(Ip::text).toList())
              + "ip_addrs_no_ipam of the network configuration is not true)");
    }
    return new Addressing(assign, pools, addresses(conf, pod), pod);
  }

  /** Annotations of the pod win over those of its namespace, and these over the configuration. */
  Addressing within(Namespace namespace) {
    Map<IpFamily, Boolean> families = new EnumMap<>(IpFamily.class);
    Map<IpFamily, Pools> named = new EnumMap<>(IpFamily.class);
    families.putAll(assign);
    named.putAll(pools);
    overlay(namespace.addresses(), "namespace " + namespace.name(), families, named);
    overlay(pod, "the pod", families, named);
    return new Addressing(families, named, addresses, pod);
  }

  /** Adds {@code IP=} of CNI_ARGS, which counts only when nobody else asks for an address. */
  Addressing withDeprecatedArg(Optional<String> ip) throws CniException {
    if (ip.isEmpty() || !addresses.isEmpty() || !pod.addressesNoIpam().isEmpty()) {
      return this;
    }
    return new Addressing(assign, pools, List.of(address("CNI_ARGS IP", ip.get())), pod);
  }

  /** Names of pools of all families. */
  List<String> poolNames() {
    List<String> names = new ArrayList<>();
    for (IpFamily family : IpFamily.values()) {
      names.addAll(poolNames(family));
    }
    return names;
  }

  List<String> poolNames(IpFamily family) {
    return pools.containsKey(family) ? pools.get(family).names() : List.of();
  }

  private static void overlay(
      AddressAnnotations annotations,
      String of,
      Map<IpFamily, Boolean> assign,
      Map<IpFamily, Pools> pools) {
    annotations
        .pools()
        .forEach(
            (family, names) -> {
              String asker = "annotation " + AddressAnnotations.poolsKey(family) + " of " + of;
              pools.put(family, new Pools(asker, names));
            });
    if (annotations.families().isPresent()) {
      for (IpFamily family : IpFamily.values()) {
        assign.put(family, annotations.families().get().contains(family));
      }
    }
  }

  private static AddressAnnotations annotations(Map<String, String> pod) throws CniException {
    try {
      return AddressAnnotations.parse(pod);
    } catch (InvalidResourceException e) {
      Problem problem = e.problems().get(0);
      throw NetConf.invalid(problem.field(), problem.value(), problem.expected());
    }
  }

  private static boolean isNoIpamAllowed(JsonFields conf) throws CniException {
    return conf.object("feature_control").flag("ip_addrs_no_ipam").orElse(false);
  }

  private static List<InetAddress> addresses(JsonFields conf, AddressAnnotations pod)
      throws CniException {
    if (!pod.addresses().isEmpty() || !pod.addressesNoIpam().isEmpty()) {
      return pod.addresses();
    }
    List<String> texts = conf.object("runtimeConfig").strings("ips");
    if (texts.isEmpty()) {
      texts = conf.object("args").object("cni").strings("ips");
    }
    List<InetAddress> addresses = new ArrayList<>();
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
}
