// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpFilter.Action;
import io.margay.api.resource.BgpFilter.MatchOperator;
import io.margay.api.resource.BgpFilter.Operation;
import io.margay.api.resource.BgpFilter.Rule;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import java.util.List;

/**
 * Rules of BGPFilters: the first that matches decides, and what none matches goes to another
 * policy.
 *
 * @param isInternal whether the peer is in our AS
 * @param otherwise for what no rule matches
 */
public record FilterPolicy(
    List<Rule> rulesV4, List<Rule> rulesV6, boolean isInternal, RoutePolicy otherwise)
    implements RoutePolicy {
  /** What LOCAL_PREF and a priority have in sum: a lower priority is a better route. */
  static final long PRIORITY_BASE = 2147483647L;

  public FilterPolicy {
    rulesV4 = List.copyOf(rulesV4);
    rulesV6 = List.copyOf(rulesV6);
  }

  @Override
  public PathAttributes apply(Prefix prefix, PathAttributes attributes, Source source) {
    for (Rule rule : prefix.family() == IpFamily.IPV4 ? rulesV4 : rulesV6) {
      if (matches(rule, prefix, attributes, source)) {
        return rule.action() == Action.REJECT ? null : changed(attributes, rule.operations());
      }
    }
    return otherwise.apply(prefix, attributes, source);
  }

  private boolean matches(Rule rule, Prefix prefix, PathAttributes attributes, Source source) {
    return matchesPrefix(rule, prefix)
        && (!rule.fromRemotePeers() || !source.isLocal())
        // Routes of this speaker are on no interface.
        && rule.interfaceName().isEmpty()
        && rule.peerType().map(type -> type.equals("iBGP") == isInternal).orElse(true)
        && rule.community().map(attributes::hasCommunity).orElse(true)
        && startsWith(attributes, rule.asPathPrefix())
        && (rule.priority().isEmpty() || rule.priority().getAsInt() == priority(attributes));
  }

  private static boolean matchesPrefix(Rule rule, Prefix prefix) {
    if (rule.cidr().isEmpty()) {
      return true;
    }
    Prefix wanted = Prefix.of(rule.cidr().get());
    // Lengths narrow the prefix down, before the operator says whether it is meant or not.
    boolean isLong =
        rule.prefixLength()
            .map(range -> range.min() <= prefix.length() && prefix.length() <= range.max())
            .orElse(true);
    return switch (rule.matchOperator().orElse(MatchOperator.EQUAL)) {
      case EQUAL -> isLong && wanted.equals(prefix);
      case NOT_EQUAL -> !(isLong && wanted.equals(prefix));
      case IN -> isLong && wanted.contains(prefix);
      case NOT_IN -> !(isLong && wanted.contains(prefix));
    };
  }

  private static boolean startsWith(PathAttributes attributes, List<Long> numbers) {
    if (numbers.isEmpty()) {
      return true;
    }
    List<Long> path = attributes.asPath().numbers();
    return path.size() >= numbers.size() && path.subList(0, numbers.size()).equals(numbers);
  }

  private static long priority(PathAttributes attributes) {
    return PRIORITY_BASE - Integer.toUnsignedLong(attributes.localPref());
  }

  private static PathAttributes changed(PathAttributes attributes, List<Operation> operations) {
    PathAttributes changed = attributes;
    for (Operation operation : operations) {
      if (operation.addCommunity().isPresent()) {
        changed = changed.withCommunity(operation.addCommunity().get());
      }
      if (!operation.prependAsPath().isEmpty()) {
        long[] numbers = operation.prependAsPath().stream().mapToLong(n -> n).toArray();
        changed = changed.withPrepended(numbers);
      }
      if (operation.setPriority().isPresent()) {
        changed = changed.withLocalPref(PRIORITY_BASE - operation.setPriority().getAsInt());
      }
    }
    return changed;
  }
}
