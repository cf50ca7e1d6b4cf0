// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Which routes go to BGP peers and are taken from them; the first rule that matches decides. */
public final class BgpFilter extends Resource {
  public static final String KIND = "BGPFilter";

  private static final List<String> OPERATIONS =
      List.of("addCommunity", "prependASPath", "setPriority");
  private static final int MAX_OPERATIONS = 10;
  private static final int MAX_PRIORITY = 2147483646;

  /** How a route's prefix is compared with that of a rule. */
  public enum MatchOperator {
    EQUAL,
    NOT_EQUAL,
    IN,
    NOT_IN
  }

  /** What becomes of a route. */
  public enum Action {
    ACCEPT,
    REJECT
  }

  /**
   * A change of an accepted route: one of the three.
   *
   * @param prependAsPath AS numbers, or empty
   */
  public record Operation(
      Optional<String> addCommunity, List<Long> prependAsPath, OptionalInt setPriority) {
    public Operation {
      prependAsPath = List.copyOf(prependAsPath);
    }
  }

  /** Bounds of a prefix length, included. */
  public record PrefixLength(int min, int max) {}

  /**
   * One rule: everything that is set must match.
   *
   * @param fromRemotePeers only routes that came from peers; {@code source: RemotePeers}
   * @param interfaceName {@code *} for any characters
   * @param peerType {@code eBGP} or {@code iBGP}
   * @param asPathPrefix first AS numbers of the path, or empty
   */
  public record Rule(
      Action action,
      Optional<Cidr> cidr,
      Optional<MatchOperator> matchOperator,
      Optional<PrefixLength> prefixLength,
      boolean fromRemotePeers,
      Optional<String> interfaceName,
      Optional<String> peerType,
      Optional<String> community,
      List<Long> asPathPrefix,
      OptionalInt priority,
      List<Operation> operations) {
    public Rule {
      asPathPrefix = List.copyOf(asPathPrefix);
      operations = List.copyOf(operations);
    }
  }

  private final List<Rule> exportV4;
  private final List<Rule> importV4;
  private final List<Rule> exportV6;
  private final List<Rule> importV6;

  BgpFilter(Fields root) {
    super(KIND, root);
    checkName(root);
    Fields spec = root.object("spec");
    exportV4 = rules(spec, "exportV4", IpFamily.IPV4);
    importV4 = rules(spec, "importV4", IpFamily.IPV4);
    exportV6 = rules(spec, "exportV6", IpFamily.IPV6);
    importV6 = rules(spec, "importV6", IpFamily.IPV6);
  }

  /** Reads a document. */
  public static BgpFilter parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, BgpFilter::new);
  }

  /** Rules for routes that we send; when none matches, the route goes on as if accepted. */
  public List<Rule> exportRules(IpFamily family) {
    return family == IpFamily.IPV4 ? exportV4 : exportV6;
  }

  /** Rules for routes that we get; when none matches, the route goes on as if accepted. */
  public List<Rule> importRules(IpFamily family) {
    return family == IpFamily.IPV4 ? importV4 : importV6;
  }

  private static List<Rule> rules(Fields spec, String name, IpFamily family) {
    List<Rule> rules = new ArrayList<>();
    for (Fields rule : spec.objects(name)) {
      rules.add(rule(rule, family));
    }
    return List.copyOf(rules);
  }

  private static Rule rule(Fields rule, IpFamily family) {
    rule.required("action");
    Action action = rule.choice("action", Action.class, Action.ACCEPT);
    Optional<Cidr> cidr = rule.cidr("cidr");
    if (cidr.filter(c -> c.family() != family).isPresent()) {
      rule.problem("cidr", "a prefix of " + (family == IpFamily.IPV4 ? "IPv4" : "IPv6"));
    }
    Optional<MatchOperator> operator =
        rule.has("matchOperator")
            ? Optional.of(rule.choice("matchOperator", MatchOperator.class, MatchOperator.EQUAL))
            : Optional.empty();
    if (rule.has("cidr") != operator.isPresent()) {
      rule.problem(
          rule.has("cidr") ? "matchOperator" : "cidr", "both cidr and matchOperator, or neither");
    }
    return new Rule(
        action,
        cidr,
        operator,
        prefixLength(rule, family),
        rule.oneOf("source", "RemotePeers").isPresent(),
        rule.parsed("interface", BgpFilter::glob),
        rule.oneOf("peerType", "eBGP", "iBGP"),
        community(rule),
        asNumbers(rule, "asPathPrefix"),
        rule.integer("priority", 1, MAX_PRIORITY),
        operations(rule, action));
  }

  private static Optional<PrefixLength> prefixLength(Fields rule, IpFamily family) {
    if (!rule.has("prefixLength")) {
      return Optional.empty();
    }
    if (!rule.has("cidr")) {
      rule.problem("prefixLength", "absent unless cidr is set");
    }
    int bits = family.addressBits();
    Fields length = rule.object("prefixLength");
    int min = length.integer("min", 0, bits, 0);
    int max = length.integer("max", 0, bits, bits);
    if (min > max) {
      length.problem("max", min + " or more, as min");
    }
    return Optional.of(new PrefixLength(min, max));
  }

  private static Optional<String> community(Fields rule) {
    if (!rule.has("communities")) {
      return Optional.empty();
    }
    Fields communities = rule.object("communities");
    List<String> values = communities.parsedList("values", Community::checked);
    if (communities.array("values").size() != 1) {
      communities.problem("values", "exactly one community");
    }
    return values.stream().findFirst();
  }

  private static List<Operation> operations(Fields rule, Action action) {
    List<Operation> list = new ArrayList<>();
    for (Fields operation : rule.objects("operations")) {
      long given = OPERATIONS.stream().filter(operation::has).count();
      if (given != 1) {
        operation.problem("", operation.values(), "one of " + String.join(", ", OPERATIONS));
      }
      Fields add = operation.object("addCommunity");
      Fields prepend = operation.object("prependASPath");
      Fields priority = operation.object("setPriority");
      list.add(
          new Operation(
              add.parsed("value", Community::checked),
              asNumbers(prepend, "prefix"),
              priority.integer("value", 1, MAX_PRIORITY)));
    }
    boolean isGiven = rule.has("operations");
    if (isGiven && (action == Action.REJECT || list.isEmpty() || list.size() > MAX_OPERATIONS)) {
      rule.problem("operations", "1 to 10, and only with action Accept");
    }
    return list;
  }

  private static List<Long> asNumbers(Fields fields, String name) {
    List<Long> list = new ArrayList<>();
    List<Object> array = fields.array(name);
    for (int i = 0; i < array.size(); i++) {
      try {
        list.add(AsNumber.parse(String.valueOf(array.get(i))));
      } catch (IllegalArgumentException e) {
        fields.problem(name + "[" + i + "]", array.get(i), "an AS number");
      }
    }
    return list;
  }

  private static String glob(String text) {
    if (!text.matches("[a-zA-Z0-9_.*-]{1,15}")) {
      throw new IllegalArgumentException(
          "interface: " + text + " (expected: 1 to 15 characters, * for any)");
    }
    return text;
  }
}
