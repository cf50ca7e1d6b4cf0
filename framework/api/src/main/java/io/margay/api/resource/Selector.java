// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Map;

/**
 * A label selector in Calico's language: {@code has(rack) && zone in {"a", "b"}}. The empty text
 * selects everything.
 */
public final class Selector {
  /** Selects everything. */
  public static final Selector ALL = new Selector("", SelectorParser.parse(""));

  private final String text;
  private final SelectorNode node;

  private Selector(String text, SelectorNode node) {
    this.text = text;
    this.node = node;
  }

  /**
   * Parses a selector.
   *
   * @throws IllegalArgumentException with the position of the mistake
   */
  public static Selector parse(String text) {
    return new Selector(text, SelectorParser.parse(text));
  }

  /** Whether it selects something with these labels. */
  public boolean matches(Map<String, String> labels) {
    return node.matches(labels);
  }

  /** The text as given. */
  public String text() {
    return text;
  }

  /** The same selection in canonical form: one spelling, no superfluous blanks or brackets. */
  public String canonical() {
    return node.canonical();
  }

  /** Whether it is empty or {@code all()}. */
  public boolean matchesAll() {
    return node instanceof SelectorNode.All;
  }

  /** Whether it contains {@code global()}, which only policies may. */
  public boolean usesGlobal() {
    return node.usesGlobal();
  }

  boolean isEmptyText() {
    return text.isBlank();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Selector other && other.canonical().equals(canonical());
  }

  @Override
  public int hashCode() {
    return canonical().hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
