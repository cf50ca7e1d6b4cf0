// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import io.margay.api.net.Cidr;
import java.util.List;
import java.util.OptionalLong;

/**
 * A route that a daemon originates, with itself as next hop.
 *
 * @param communities of all kinds, in the form that {@link SeenRoute} describes
 */
public record Announcement(Cidr prefix, List<String> communities, OptionalLong med) {
  public Announcement {
    communities = List.copyOf(communities);
  }

  public static Announcement of(String prefix, String... communities) {
    return new Announcement(Cidr.parse(prefix), List.of(communities), OptionalLong.empty());
  }

  public Announcement withMed(long value) {
    return new Announcement(prefix, communities, OptionalLong.of(value));
  }

  /** The numbers of a community; those of a route target are behind its {@code rt}. */
  static List<String> numbers(String community) {
    List<String> words = List.of(community.split(":"));
    return isTarget(community) ? words.subList(1, words.size()) : words;
  }

  static boolean isTarget(String community) {
    return community.startsWith("rt:");
  }

  static boolean isLarge(String community) {
    return !isTarget(community) && numbers(community).size() == 3;
  }

  List<String> standard() {
    return communities.stream().filter(c -> !isTarget(c) && !isLarge(c)).toList();
  }

  List<String> large() {
    return communities.stream().filter(Announcement::isLarge).toList();
  }

  /** Route targets as {@code aa:nn}. */
  List<String> targets() {
    return communities.stream()
        .filter(Announcement::isTarget)
        .map(c -> String.join(":", numbers(c)))
        .toList();
  }
}
