// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the kernel of a node holds, as {@code ip} and {@code nft} tell. */
record NodeKernel(String netns) {
  /** As {@code nft} prints an element of a pod. */
  private static final Pattern ELEMENT = Pattern.compile("\"cali[0-9a-f]{11}\"( \\. [0-9a-f.:]+)?");

  /**
   * Links, addresses, routes, rules, static neighbours, nftables and settings: all that an agent
   * may write.
   */
  List<String> state() {
    // A link-local address is under test for its first seconds, and gets its routes after.
    Lab.await("addresses are tested", () -> ip("-6", "address", "show", "tentative").isEmpty());
    return Stream.of(
            ip("-o", "link", "show"),
            ip("-o", "address", "show"),
            ip("-4", "route", "show", "table", "all"),
            ip("-6", "route", "show", "table", "all"),
            ip("-4", "rule", "show"),
            ip("-6", "rule", "show"),
            ip("neighbour", "show", "nud", "permanent"),
            nft("-s", "list", "ruleset"),
            sysctls())
        .flatMap(String::lines)
        .toList();
  }

  /** Lines of the state that have gone, and those that are new. */
  List<String> changesSince(List<String> before) {
    List<String> after = state();
    return Stream.concat(
            before.stream().filter(line -> !after.contains(line)).map(line -> "- " + line),
            after.stream().filter(line -> !before.contains(line)).map(line -> "+ " + line))
        .toList();
  }

  /** Routes of our protocol in both families, sorted. */
  List<String> routes() {
    List<String> routes = new ArrayList<>(lines("-4", "route", "show", "proto", "80"));
    routes.addAll(lines("-6", "route", "show", "proto", "80"));
    return routes.stream().map(String::strip).sorted().toList();
  }

  /** The blocks that end here, as {@code ip} writes them. */
  List<String> blackholes() {
    return Stream.of("-4", "-6")
        .flatMap(family -> lines(family, "route", "show", "type", "blackhole").stream())
        .map(line -> line.split("\\s+")[1])
        .toList();
  }

  List<String> neighbours() {
    return lines("neighbour", "show", "nud", "permanent").stream().sorted().toList();
  }

  /** Names of the links of pods. */
  List<String> podLinks() {
    return lines("-br", "link", "show", "type", "veth").stream()
        .map(line -> line.split("[@\\s]")[0])
        .filter(name -> name.startsWith("cali"))
        .sorted()
        .toList();
  }

  /** All that belongs to pods: their links, neighbours, host routes and elements of sets. */
  List<String> podObjects() {
    List<String> objects = new ArrayList<>(podLinks());
    objects.addAll(neighbours());
    routes().stream().filter(route -> route.contains("cali")).forEach(objects::add);
    ELEMENT
        .matcher(nft("-s", "list", "ruleset"))
        .results()
        .map(MatchResult::group)
        .sorted()
        .forEach(objects::add);
    return objects;
  }

  String nft(String... words) {
    List<String> command = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + netns, "nft"));
    command.addAll(List.of(words));
    return Shell.run(command.toArray(String[]::new)).orFail();
  }

  String ip(String... words) {
    List<String> command = new ArrayList<>(List.of("ip", "-n", netns));
    command.addAll(List.of(words));
    return Shell.run(command.toArray(String[]::new)).orFail();
  }

  private List<String> lines(String... words) {
    return ip(words).lines().toList();
  }

  private String sysctls() {
    String pattern =
        "\\.(forwarding|ip_forward|proxy_arp|proxy_ndp|rp_filter|accept_.*|disable_ipv6)$";
    return Shell.run("nsenter", "--net=/run/netns/" + netns, "sysctl", "-a", "--pattern", pattern)
        .orFail();
  }
}
