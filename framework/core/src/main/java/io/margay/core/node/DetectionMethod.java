// SPDX-License-Identifier: Apache-2.0
package io.margay.core.node;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * How a node finds its own address of one family, as an operator wrote it.
 *
 * @param text as configured
 * @param links INTERFACE, SKIP_INTERFACE: patterns that must match the whole name
 * @param cidrs CIDR: where the address must lie
 * @param target CAN_REACH: whose route tells the address; null otherwise
 */
public record DetectionMethod(
    Kind kind, String text, List<Pattern> links, List<Cidr> cidrs, InetAddress target) {
  /** Family of methods. */
  public enum Kind {
    /** The first fitting address of the first fitting interface. */
    FIRST_FOUND,
    INTERFACE,
    SKIP_INTERFACE,
    CIDR,
    CAN_REACH,
    /** The node has no address of the family, or an administrator wrote it into the Node. */
    NONE
  }

  private static final String EXPECTED =
      " (expected: first-found, interface=REGEX, skip-interface=REGEX, cidr=CIDR, can-reach=ADDRESS"
          + " or none)";

  public DetectionMethod {
    links = List.copyOf(links);
    cidrs = List.copyOf(cidrs);
  }

  /**
   * Parses {@code first-found}, {@code interface=R1,R2}, {@code skip-interface=R1,R2}, {@code
   * cidr=C1,C2}, {@code can-reach=ADDRESS} or {@code none}.
   *
   * @throws IllegalArgumentException for anything else; the message says what is allowed
   */
  public static DetectionMethod parse(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    String value = equals < 0 ? "" : text.substring(equals + 1).strip();
    boolean wantsValue = !name.equals("first-found") && !name.equals("none");
    if (wantsValue == value.isEmpty()) {
      throw new IllegalArgumentException(text + EXPECTED);
    }
    return switch (name) {
      case "first-found" -> plain(Kind.FIRST_FOUND, text);
      case "none" -> plain(Kind.NONE, text);
      case "interface" ->
          new DetectionMethod(Kind.INTERFACE, text, patterns(text, value), List.of(), null);
      case "skip-interface" ->
          new DetectionMethod(Kind.SKIP_INTERFACE, text, patterns(text, value), List.of(), null);
      case "cidr" ->
          new DetectionMethod(
              Kind.CIDR, text, List.of(), split(value).stream().map(Cidr::parse).toList(), null);
      case "can-reach" ->
          new DetectionMethod(Kind.CAN_REACH, text, List.of(), List.of(), Ip.parse(value));
      default -> throw new IllegalArgumentException(text + EXPECTED);
    };
  }

  private static DetectionMethod plain(Kind kind, String text) {
    return new DetectionMethod(kind, text, List.of(), List.of(), null);
  }

  private static List<Pattern> patterns(String text, String value) {
    try {
      return split(value).stream().map(Pattern::compile).toList();
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          text + ": " + e.getDescription() + " (expected: regular expressions)", e);
    }
  }

  private static List<String> split(String value) {
    return Arrays.stream(value.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }
}
