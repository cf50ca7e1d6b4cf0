// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.stream.Collectors;

/** A parsed selector: each node decides for itself and prints its canonical form. */
sealed interface SelectorNode {
  boolean matches(Map<String, String> labels);

  String canonical();

  /** Nodes below this one. */
  default List<SelectorNode> children() {
    return List.of();
  }

  default boolean usesGlobal() {
    return this instanceof Global || children().stream().anyMatch(SelectorNode::usesGlobal);
  }

  /** How the value of a label is compared. */
  enum Comparison {
    EQUAL("=="),
    UNEQUAL("!="),
    CONTAINS("contains"),
    STARTS_WITH("starts with"),
    ENDS_WITH("ends with");

    final String text;

    Comparison(String text) {
      this.text = text;
    }

    boolean holds(String found, String wanted) {
      return switch (this) {
        case EQUAL -> wanted.equals(found);
        case UNEQUAL -> !wanted.equals(found);
        case CONTAINS -> found != null && found.contains(wanted);
        case STARTS_WITH -> found != null && found.startsWith(wanted);
        case ENDS_WITH -> found != null && found.endsWith(wanted);
      };
    }
  }

  record All() implements SelectorNode {
    @Override
    public boolean matches(Map<String, String> labels) {
      return true;
    }

    @Override
    public String canonical() {
      return "all()";
    }
  }

  /** What belongs to no namespace; here it selects everything, its caller gives it the meaning. */
  record Global() implements SelectorNode {
    @Override
    public boolean matches(Map<String, String> labels) {
      return true;
    }

    @Override
    public String canonical() {
      return "global()";
    }
  }

  record Has(String label) implements SelectorNode {
    @Override
    public boolean matches(Map<String, String> labels) {
      return labels.containsKey(label);
    }

    @Override
    public String canonical() {
      return "has(" + label + ")";
    }
  }

  record Compare(String label, Comparison comparison, String value) implements SelectorNode {
    @Override
    public boolean matches(Map<String, String> labels) {
      return comparison.holds(labels.get(label), value);
    }

    @Override
    public String canonical() {
      return label + " " + comparison.text + " " + quoted(value);
    }
  }

  record In(String label, boolean negated, SortedSet<String> values) implements SelectorNode {
    @Override
    public boolean matches(Map<String, String> labels) {
      String found = labels.get(label);
      return negated != (found != null && values.contains(found));
    }

    @Override
    public String canonical() {
      String list = values.stream().map(SelectorNode::quoted).collect(Collectors.joining(", "));
      return label + (negated ? " not in {" : " in {") + list + "}";
    }
  }

  record Not(SelectorNode operand) implements SelectorNode {
    @Override
    public boolean matches(Map<String, String> labels) {
      return !operand.matches(labels);
    }

    @Override
    public String canonical() {
      return "!" + operand.canonical();
    }

    @Override
    public List<SelectorNode> children() {
      return List.of(operand);
    }
  }

  record And(List<SelectorNode> children) implements SelectorNode {
    @Override
    public boolean matches(Map<String, String> labels) {
      return children.stream().allMatch(node -> node.matches(labels));
    }

    @Override
    public String canonical() {
      return joined(children, " && ");
    }
  }

  record Or(List<SelectorNode> children) implements SelectorNode {
    @Override
    public boolean matches(Map<String, String> labels) {
      return children.stream().anyMatch(node -> node.matches(labels));
    }

    @Override
    public String canonical() {
      return joined(children, " || ");
    }
  }

  private static String joined(List<SelectorNode> nodes, String operator) {
    return nodes.stream()
        .map(SelectorNode::canonical)
        .collect(Collectors.joining(operator, "(", ")"));
  }

  // The language has no escapes: a text contains one kind of quote at most.
  private static String quoted(String value) {
    char quote = value.indexOf('"') >= 0 ? '\'' : '"';
    return quote + value + quote;
  }
}
