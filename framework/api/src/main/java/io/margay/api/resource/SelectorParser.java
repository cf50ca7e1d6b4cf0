// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.resource.SelectorNode.Comparison;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Recursive descent over the text of a selector. Grammar, loosest first: {@code ||}, {@code &&},
 * {@code !}, then one test, a call, or brackets.
 */
final class SelectorParser {
  private static final int MAX_LABEL = 512;

  /** Brackets in brackets, so that no text exhausts the stack. */
  private static final int MAX_DEPTH = 100;

  private final String text;
  private int position;
  private int depth;

  private SelectorParser(String text) {
    this.text = text;
  }

  static SelectorNode parse(String text) {
    SelectorParser parser = new SelectorParser(text);
    parser.skipBlanks();
    if (parser.atEnd()) {
      return new SelectorNode.All();
    }
    SelectorNode node = parser.or();
    if (!parser.atEnd()) {
      throw parser.error("&&, || or the end");
    }
    return node;
  }

  private SelectorNode or() {
    return list("||", this::and, SelectorNode.Or::new);
  }

  private SelectorNode and() {
    return list("&&", this::operation, SelectorNode.And::new);
  }

  private SelectorNode list(
      String operator,
      Supplier<SelectorNode> operand,
      Function<List<SelectorNode>, SelectorNode> make) {
    List<SelectorNode> nodes = new ArrayList<>();
    do {
      nodes.add(operand.get());
    } while (take(operator));
    return nodes.size() == 1 ? nodes.get(0) : make.apply(List.copyOf(nodes));
  }

  private SelectorNode operation() {
    boolean negated = false;
    while (take("!")) {
      negated = !negated;
    }
    SelectorNode node = primary();
    if (!negated) {
      return node;
    }
    // Brackets between two negations do not keep them from cancelling out.
    return node instanceof SelectorNode.Not not ? not.operand() : new SelectorNode.Not(node);
  }

  private SelectorNode primary() {
    if (take("(")) {
      if (++depth > MAX_DEPTH) {
        throw error("at most " + MAX_DEPTH + " brackets within each other");
      }
      SelectorNode node = or();
      demand(")");
      depth--;
      return node;
    }
    if (take("all(")) {
      demand(")");
      return new SelectorNode.All();
    }
    if (take("global(")) {
      demand(")");
      return new SelectorNode.Global();
    }
    if (take("has(")) {
      String label = label("a label");
      demand(")");
      return new SelectorNode.Has(label);
    }
    return test(label("a label, has(), all(), ! or a bracket"));
  }

  private SelectorNode test(String label) {
    if (take("==")) {
      return new SelectorNode.Compare(label, Comparison.EQUAL, string());
    }
    if (take("!=")) {
      return new SelectorNode.Compare(label, Comparison.UNEQUAL, string());
    }
    if (takeWords("contains")) {
      return new SelectorNode.Compare(label, Comparison.CONTAINS, string());
    }
    if (takeWords("starts", "with")) {
      return new SelectorNode.Compare(label, Comparison.STARTS_WITH, string());
    }
    if (takeWords("ends", "with")) {
      return new SelectorNode.Compare(label, Comparison.ENDS_WITH, string());
    }
    if (takeWords("in")) {
      return new SelectorNode.In(label, false, strings());
    }
    if (takeWords("not", "in")) {
      return new SelectorNode.In(label, true, strings());
    }
    throw error("==, !=, in, not in, contains, starts with or ends with");
  }

  private SortedSet<String> strings() {
    SortedSet<String> values = new TreeSet<>();
    demand("{");
    while (!take("}")) {
      values.add(string());
      if (!take(",") && !text.startsWith("}", position)) {
        throw error(", or }");
      }
    }
    return Collections.unmodifiableSortedSet(values);
  }

  private String string() {
    char quote = atEnd() ? 0 : text.charAt(position);
    if (quote != '"' && quote != '\'') {
      throw error("a text in quotes");
    }
    int end = text.indexOf(quote, position + 1);
    if (end < 0) {
      throw error("a closing " + quote);
    }
    String value = text.substring(position + 1, end);
    position = end + 1;
    skipBlanks();
    return value;
  }

  private String label(String expected) {
    int end = position;
    while (end < text.length() && isLabelCharacter(text.charAt(end))) {
      end++;
    }
    if (end == position) {
      throw error(expected);
    }
    if (end - position > MAX_LABEL) {
      throw error("a label of at most " + MAX_LABEL + " characters");
    }
    String label = text.substring(position, end);
    position = end;
    skipBlanks();
    return label;
  }

  private boolean take(String token) {
    boolean found = text.startsWith(token, position);
    if (found) {
      position += token.length();
      skipBlanks();
    }
    return found;
  }

  /** Takes these words with any blanks between them, when no other word begins right after. */
  private boolean takeWords(String... words) {
    int start = position;
    for (String word : words) {
      if (!take(word)) {
        position = start;
        return false;
      }
    }
    boolean isWhole = !isLabelCharacter(text.charAt(position - 1)) || !continuesWord();
    if (!isWhole) {
      position = start;
    }
    return isWhole;
  }

  private boolean continuesWord() {
    return !atEnd() && isLabelCharacter(text.charAt(position));
  }

  private void demand(String token) {
    if (!take(token)) {
      throw error(token);
    }
  }

  private void skipBlanks() {
    while (!atEnd() && (text.charAt(position) == ' ' || text.charAt(position) == '\t')) {
      position++;
    }
  }

  private boolean atEnd() {
    return position >= text.length();
  }

  private IllegalArgumentException error(String expected) {
    String rest = atEnd() ? "the end" : Json.shown(text.substring(position));
    return new IllegalArgumentException(
        "selector: "
            + text
            + " (expected: "
            + expected
            + " at position "
            + (position + 1)
            + ", not "
            + rest
            + ")");
  }

  private static boolean isLabelCharacter(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '_'
        || c == '.'
        || c == '/'
        || c == '-';
  }
}
