// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a bundle may own in the kernel, as its manifest declares it in the header {@code
 * Margay-Kernel}. Immutable.
 *
 * <p>The header has clauses, separated by commas; an attribute is a glob ({@code *} stands for any
 * text) unless said otherwise:
 *
 * <ul>
 *   <li>{@code link;name="vx-*";kind="vxlan"}: links of this name and IFLA_INFO_KIND, and what is
 *       on them: addresses, neighbours, forwarding entries, sysctls, offloads, qdiscs, BPF
 *       programs. The kind of a link that a daemon makes is {@code external}
 *   <li>{@code on;link="eth*";kinds="offload,bpf_program"}: objects of these kinds on links of
 *       others
 *   <li>{@code route;encap="5,7"}: routes with these types of encapsulation (linux/lwtunnel.h
 *       LWTUNNEL_ENCAP_*), a list of numbers
 *   <li>{@code route;table="100"}: routes of another table than main
 *   <li>{@code sysctl;name="net/ipv6/conf/all/seg6_enabled"}
 *   <li>{@code rule;priority="1000"}, {@code bpf;map="ipip_*"}, {@code nft;name="*"}
 *   <li>{@code traffic;protocol="4,41"}, {@code traffic;udp="4789"}: what the host rules let in
 *       from other nodes, lists of IP protocol numbers and of UDP ports, or {@code *}
 * </ul>
 *
 * <p>A bundle without the header may own links of any name and kind with what is on them, routes of
 * the main table without encapsulation, and let in any traffic of other nodes.
 */
public final class Grant {
  /** Name of the manifest header. */
  public static final String HEADER = "Margay-Kernel";

  private static final Pattern CLAUSE =
      Pattern.compile(
          "\\s*([a-z]+)((?:\\s*;\\s*[a-z]+\\s*=\\s*(?:\"[^\"]*\"|[^;,\"]+))*)\\s*(,|$)");
  private static final Pattern ATTRIBUTE =
      Pattern.compile(";\\s*([a-z]+)\\s*=\\s*(?:\"([^\"]*)\"|([^;,\"]+))");

  /** Attributes of each type of clause. */
  private static final Map<String, Set<String>> TYPES =
      Map.of(
          "link", Set.of("name", "kind"),
          "on", Set.of("link", "kinds"),
          "route", Set.of("encap", "table"),
          "sysctl", Set.of("name"),
          "rule", Set.of("priority"),
          "bpf", Set.of("map"),
          "nft", Set.of("name"),
          "traffic", Set.of("protocol", "udp"));

  private static final Pattern OF_LINK = Pattern.compile("net/ipv[46]/(?:conf|neigh)/([^/]+)/.*");

  private static final String USUAL = "link;name=\"*\";kind=\"*\",traffic;protocol=\"*\";udp=\"*\"";

  /** Compiled once: a mode of a large cluster declares thousands of objects. */
  private static final class Clause {
    private final String type;
    private final Map<String, String> exact = new LinkedHashMap<>();
    private final Map<String, Pattern> globs = new LinkedHashMap<>();
    private final Map<String, Set<String>> lists = new LinkedHashMap<>();

    Clause(String type, Map<String, String> attributes) {
      this.type = type;
      attributes.forEach(
          (name, value) -> {
            if (value.contains("*")) {
              String glob = ("\\Q" + value + "\\E").replace("*", "\\E.*\\Q");
              globs.put(name, Pattern.compile(glob));
            } else {
              exact.put(name, value);
            }
            lists.put(name, Set.of(value.split("\\s*,\\s*")));
          });
    }

    boolean allows(String attribute, String value) {
      String only = exact.get(attribute);
      Pattern glob = globs.get(attribute);
      return only != null ? only.equals(value) : glob == null || glob.matcher(value).matches();
    }

    boolean lists(String attribute, String value) {
      return lists.getOrDefault(attribute, Set.of()).contains(value);
    }

    boolean listsOrAll(String attribute, int value) {
      return lists(attribute, Integer.toString(value)) || lists(attribute, "*");
    }
  }

  private final String bundle;
  private final boolean isDeclared;
  private final String text;
  private final List<Clause> clauses;

  private Grant(String bundle, boolean isDeclared, String text) {
    this.bundle = bundle;
    this.isDeclared = isDeclared;
    this.text = text;
    this.clauses = parse(text);
  }

  /** What a bundle may own that does not say. */
  public static Grant usual(String bundle) {
    return new Grant(bundle, false, USUAL);
  }

  /**
   * What a bundle declares.
   *
   * @param header the value of {@link #HEADER}
   * @throws IllegalArgumentException when it cannot be read; the message says where
   */
  public static Grant parse(String bundle, String header) {
    return new Grant(bundle, true, header.strip());
  }

  /** Whether the bundle's manifest says it. */
  public boolean isDeclared() {
    return isDeclared;
  }

  /** Why the bundle may not own an object, in a sentence; empty when it may. */
  public Optional<String> refusal(KernelObject object) {
    return isAllowed(object) ? Optional.empty() : Optional.of(refused("own " + object));
  }

  /**
   * Why the host rules may not let in traffic of other nodes for the bundle, in a sentence; empty
   * when they may.
   *
   * @param ipProtocol 1..255
   * @param udpPort 1..65535; 0 when the protocol has no ports
   */
  public Optional<String> refusalOfTraffic(int ipProtocol, int udpPort) {
    boolean isAllowed =
        any(
            "traffic",
            c ->
                udpPort == 0 ? c.listsOrAll("protocol", ipProtocol) : c.listsOrAll("udp", udpPort));
    String what = udpPort == 0 ? "IP protocol " + ipProtocol : "UDP port " + udpPort;
    return isAllowed ? Optional.empty() : Optional.of(refused("let in " + what));
  }

  private String refused(String what) {
    String why = isDeclared ? HEADER + ": " + text : "no " + HEADER + " header";
    return bundle + " may not " + what + " (" + why + ")";
  }

  private boolean isAllowed(KernelObject object) {
    if (object instanceof Link link) {
      String kind = link.isExternal() ? "external" : link.type().orElse("external");
      return any("link", c -> c.allows("name", link.name()) && c.allows("kind", kind));
    }
    if (object instanceof Route route) {
      boolean isKnownTable =
          route.table() == Route.MAIN_TABLE
              || route.type() == Route.Type.LOCAL
              || any("route", c -> c.lists("table", Integer.toString(route.table())));
      return isKnownTable
          && (route.encap().isEmpty()
              || any("route", c -> c.lists("encap", route.encap().get().type() + "")));
    }
    if (object instanceof Sysctl sysctl) {
      String path = sysctl.key().path();
      return any("sysctl", c -> c.allows("name", path)) || isOnOwnLink(linkOf(path));
    }
    if (object instanceof BpfMap || object instanceof BpfMapEntry) {
      String map = object instanceof BpfMap m ? m.name() : ((BpfMapEntry) object).map();
      return any("bpf", c -> c.allows("map", map));
    }
    if (object instanceof Rule rule) {
      return any("rule", c -> c.lists("priority", Integer.toString(rule.priority())));
    }
    if (object instanceof NftTable || object instanceof NftElement) {
      return any("nft", c -> c.allows("name", object.key().toString()));
    }
    String link = linkOf(object);
    return isOnOwnLink(link)
        || any("on", c -> c.allows("link", link) && c.lists("kinds", kindOf(object)));
  }

  /** The name of the type: {@code address}, {@code fdb_entry}, {@code bpf_program}. */
  private static String kindOf(KernelObject object) {
    String type = object.getClass().getSimpleName();
    return type.replaceAll("(?<=[a-z])([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private boolean isOnOwnLink(String link) {
    return !link.isEmpty() && any("link", c -> c.allows("name", link));
  }

  /** Of {@code net/ipv4/conf/LINK/rp_filter}; empty for a sysctl of no link. */
  private static String linkOf(String path) {
    Matcher matcher = OF_LINK.matcher(path);
    boolean isOfLink =
        matcher.matches() && !matcher.group(1).equals("all") && !matcher.group(1).equals("default");
    return isOfLink ? matcher.group(1) : "";
  }

  private static String linkOf(KernelObject object) {
    if (object instanceof Address address) {
      return address.link();
    }
    if (object instanceof Neighbour neighbour) {
      return neighbour.link();
    }
    if (object instanceof FdbEntry entry) {
      return entry.link();
    }
    if (object instanceof BpfProgram program) {
      return program.link();
    }
    if (object instanceof Offload offload) {
      return offload.key().link();
    }
    return object instanceof RateLimit limit ? limit.key().link() : "";
  }

  private boolean any(String type, Predicate<Clause> test) {
    return clauses.stream().anyMatch(c -> c.type.equals(type) && test.test(c));
  }

  private static List<Clause> parse(String text) {
    List<Clause> clauses = new ArrayList<>();
    Matcher matcher = CLAUSE.matcher(text);
    int end = 0;
    while (end < text.length()) {
      if (!matcher.find(end) || matcher.start() != end || matcher.end() == end) {
        throw unreadable(text.substring(end), "TYPE;ATTRIBUTE=\"VALUE\"");
      }
      clauses.add(clause(matcher.group(1), matcher.group(2)));
      end = matcher.end();
    }
    return List.copyOf(clauses);
  }

  private static Clause clause(String type, String attributes) {
    Set<String> known = TYPES.get(type);
    if (known == null) {
      throw unreadable(
          type, "one of " + String.join(", ", TYPES.keySet().stream().sorted().toList()));
    }
    Map<String, String> values = new LinkedHashMap<>();
    Matcher matcher = ATTRIBUTE.matcher(attributes);
    while (matcher.find()) {
      if (!known.contains(matcher.group(1))) {
        throw unreadable(
            type + ";" + matcher.group(1),
            "one of " + String.join(", ", known.stream().sorted().toList()));
      }
      String quoted = matcher.group(2);
      values.put(matcher.group(1), quoted == null ? matcher.group(3).strip() : quoted);
    }
    return new Clause(type, values);
  }

  private static IllegalArgumentException unreadable(String what, String expected) {
    return new IllegalArgumentException(HEADER + ": " + what + " (expected: " + expected + ")");
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Grant other
        && other.bundle.equals(bundle)
        && other.isDeclared == isDeclared
        && other.text.equals(text);
  }

  @Override
  public int hashCode() {
    return 31 * bundle.hashCode() + text.hashCode();
  }

  /** As the manifest has it. */
  @Override
  public String toString() {
    return text;
  }
}
