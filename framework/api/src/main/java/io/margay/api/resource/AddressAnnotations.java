// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What annotations {@code cni.projectcalico.org/...} say about addresses: those of a pod, or of its
 * namespace. The value of each is a JSON list of texts; one that is empty counts as absent.
 *
 * @param pools {@code ipv4pools} and {@code ipv6pools}: names or CIDRs of pools, by family. An
 *     empty list wishes for no certain pool
 * @param families {@code ipFamilies}: {@code IPv4}, {@code IPv6} or both
 * @param addresses {@code ipAddrs}: certain addresses out of pools
 * @param addressesNoIpam {@code ipAddrsNoIpam}: certain addresses that no pool need have
 */
public record AddressAnnotations(
    Map<IpFamily, List<String>> pools,
    Optional<Set<IpFamily>> families,
    List<InetAddress> addresses,
    List<InetAddress> addressesNoIpam) {
  public static final AddressAnnotations NONE =
      new AddressAnnotations(Map.of(), Optional.empty(), List.of(), List.of());

  private static final String PREFIX = "cni.projectcalico.org/";
  private static final String FAMILIES = PREFIX + "ipFamilies";
  private static final String ADDRESSES = PREFIX + "ipAddrs";
  private static final String ADDRESSES_NO_IPAM = PREFIX + "ipAddrsNoIpam";

  public AddressAnnotations {
    pools = Map.copyOf(pools);
    families = families.map(Set::copyOf);
    addresses = List.copyOf(addresses);
    addressesNoIpam = List.copyOf(addressesNoIpam);
  }

  /** Name of the annotation with the pools of a family. */
  public static String poolsKey(IpFamily family) {
    return PREFIX + (family == IpFamily.IPV4 ? "ipv4pools" : "ipv6pools");
  }

  /**
   * Reads annotations; others than these are passed over.
   *
   * @throws InvalidResourceException naming each that cannot be understood
   */
  public static AddressAnnotations parse(Map<String, String> annotations)
      throws InvalidResourceException {
    Fields fields = Fields.root(Map.copyOf(annotations));
    AddressAnnotations read = read(fields, annotations);
    List<Problem> problems = fields.findings().problems();
    if (!problems.isEmpty()) {
      throw new InvalidResourceException("annotations", problems);
    }
    return read;
  }

  static AddressAnnotations read(Fields fields, Map<String, String> annotations) {
    Map<IpFamily, List<String>> pools = new EnumMap<>(IpFamily.class);
    for (IpFamily family : IpFamily.values()) {
      texts(fields, annotations, poolsKey(family)).ifPresent(names -> pools.put(family, names));
    }
    Optional<Set<IpFamily>> families = families(fields, annotations);
    List<InetAddress> addresses = addresses(fields, annotations, ADDRESSES);
    List<InetAddress> noIpam = addresses(fields, annotations, ADDRESSES_NO_IPAM);
    if (!addresses.isEmpty() && !noIpam.isEmpty()) {
      fields.problem(
          ADDRESSES_NO_IPAM, annotations.get(ADDRESSES_NO_IPAM), "absent while ipAddrs is set");
    }
    for (IpFamily family : IpFamily.values()) {
      if (noIpam.stream().filter(a -> IpFamily.of(a) == family).count() > 1) {
        fields.problem(
            ADDRESSES_NO_IPAM, annotations.get(ADDRESSES_NO_IPAM), "one address of each family");
      }
    }
    return new AddressAnnotations(pools, families, addresses, noIpam);
  }

  private static Optional<Set<IpFamily>> families(Fields fields, Map<String, String> annotations) {
    Optional<List<String>> texts = texts(fields, annotations, FAMILIES);
    if (texts.isPresent()
        && (texts.get().isEmpty() || !Set.of("IPv4", "IPv6").containsAll(texts.get()))) {
      fields.problem(FAMILIES, annotations.get(FAMILIES), "[\"IPv4\"], [\"IPv6\"] or both");
      return Optional.empty();
    }
    return texts.map(
        names ->
            names.stream()
                .map(name -> name.equals("IPv4") ? IpFamily.IPV4 : IpFamily.IPV6)
                .collect(Collectors.toUnmodifiableSet()));
  }

  private static List<InetAddress> addresses(
      Fields fields, Map<String, String> annotations, String key) {
    List<InetAddress> addresses = new ArrayList<>();
    Optional<List<String>> texts = texts(fields, annotations, key);
    if (texts.isPresent() && texts.get().isEmpty()) {
      fields.problem(key, annotations.get(key), "a JSON list of one address at least");
    }
    for (String text : texts.orElse(List.of())) {
      try {
        addresses.add(Ip.parse(text));
      } catch (IllegalArgumentException e) {
        fields.problem(key, text, "an IPv4 or IPv6 address");
      }
    }
    return addresses;
  }

  private static Optional<List<String>> texts(
      Fields fields, Map<String, String> annotations, String key) {
    String value = annotations.getOrDefault(key, "");
    if (value.isBlank()) {
      return Optional.empty();
    }
    try {
      if (Json.parse(value.getBytes(StandardCharsets.UTF_8)) instanceof List<?> list
          && list.stream().allMatch(String.class::isInstance)) {
        return Optional.of(list.stream().map(String.class::cast).toList());
      }
    } catch (InvalidResourceException e) {
      // What is wrong with it is said below, in the same words for all that is no list of texts.
    }
    fields.problem(key, value, "a JSON list of texts such as [\"blue\"]");
    return Optional.empty();
  }
}
