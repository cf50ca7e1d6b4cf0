// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** A routing policy rule that looks a table up, inside Margay's priority range. */
public final class Rule implements KernelObject {
  /** First and last priority that Margay uses; everything in between is ours. */
  public static final int FIRST_PRIORITY = 9800;

  public static final int LAST_PRIORITY = 9899;

  /** The key by which Margay tells its rules apart. */
  public record Key(IpFamily family, int priority) {}

  private final IpFamily family;
  private final int priority;
  private final int table;
  private final Optional<Cidr> from;
  private final Optional<Cidr> to;
  private final OptionalLong mark;
  private final Optional<String> inputLink;

  private Rule(
      IpFamily family,
      int priority,
      int table,
      Optional<Cidr> from,
      Optional<Cidr> to,
      OptionalLong mark,
      Optional<String> inputLink) {
    this.family = family;
    this.priority = priority;
    this.table = table;
    this.from = from;
    this.to = to;
    this.mark = mark;
    this.inputLink = inputLink;
  }

  /**
   * A rule that matches every packet of the family.
   *
   * @param priority {@link #FIRST_PRIORITY}..{@link #LAST_PRIORITY}
   * @param table the table to look up
   */
  public static Rule of(IpFamily family, int priority, int table) {
    if (priority < FIRST_PRIORITY || priority > LAST_PRIORITY) {
      throw new IllegalArgumentException(
          "rule priority: "
              + priority
              + " (expected: "
              + FIRST_PRIORITY
              + ".."
              + LAST_PRIORITY
              + ")");
    }
    return new Rule(
        family,
        priority,
        table,
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        Optional.empty());
  }

  public Rule withFrom(Cidr value) {
    return new Rule(family, priority, table, Optional.of(value), to, mark, inputLink);
  }

  public Rule withTo(Cidr value) {
    return new Rule(family, priority, table, from, Optional.of(value), mark, inputLink);
  }

  /** Matches packets with this firewall mark, 0..4294967295. */
  public Rule withMark(long value) {
    return new Rule(family, priority, table, from, to, OptionalLong.of(value), inputLink);
  }

  public Rule withInputLink(String value) {
    return new Rule(family, priority, table, from, to, mark, Optional.of(value));
  }

  public IpFamily family() {
    return family;
  }

  public int priority() {
    return priority;
  }

  public int table() {
    return table;
  }

  public Optional<Cidr> from() {
    return from;
  }

  public Optional<Cidr> to() {
    return to;
  }

  public OptionalLong mark() {
    return mark;
  }

  public Optional<String> inputLink() {
    return inputLink;
  }

  @Override
  public Key key() {
    return new Key(family, priority);
  }

  @Override
  public Kind kind() {
    return Kind.RULE;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Rule r
        && r.key().equals(key())
        && r.table == table
        && r.from.equals(from)
        && r.to.equals(to)
        && r.mark.equals(mark)
        && r.inputLink.equals(inputLink);
  }

  @Override
  public int hashCode() {
    return Objects.hash(family, priority, table, from, to, mark, inputLink);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("rule priority ").append(priority);
    from.ifPresent(c -> out.append(" from ").append(c));
    to.ifPresent(c -> out.append(" to ").append(c));
    mark.ifPresent(m -> out.append(" fwmark 0x").append(Long.toHexString(m)));
    inputLink.ifPresent(l -> out.append(" iif ").append(l));
    return out.append(" lookup ").append(table).toString();
  }
}
