// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A line of those who may not have all of Gogo: words and pipes, and nothing else.
 *
 * <pre>
 *   line    = command { "|" command }
 *   command = name { word }
 *   word    = characters | '...' | "..." | \character, also joined
 * </pre>
 *
 * <p>Gogo's language reaches every Java object of the agent: variables, closures, method calls,
 * {@code new}, redirections into files. So what is typed is not searched for what is dangerous: no
 * character of it reaches Gogo. It is read by this grammar, and {@link PlainStage} is handed the
 * words.
 */
final class PlainLine {
  private static final int MAX_LENGTH = 8_192;
  private static final int MAX_COMMANDS = 8;

  /** To Gogo these mean something: refused, lest someone expects that they do here. */
  private static final Set<Character> RESERVED =
      Set.of('$', '(', ')', '{', '}', '<', '>', ';', '&', '`', '\n', '\r');

  private final List<List<String>> commands = new ArrayList<>();
  private final String line;
  private int position;

  private PlainLine(String line) {
    this.line = line;
  }

  /** The commands of a pipe with their words, none without a name. */
  static List<List<String>> parse(String line) throws UsageException {
    if (line.length() > MAX_LENGTH) {
      throw new UsageException(
          "line: " + line.length() + " characters (expected: at most " + MAX_LENGTH + ")");
    }
    PlainLine parsing = new PlainLine(line);
    parsing.read();
    return parsing.commands;
  }

  private void read() throws UsageException {
    List<String> words = new ArrayList<>();
    while (skipBlanks()) {
      if (line.charAt(position) == '|') {
        position++;
        end(words);
        words = new ArrayList<>();
      } else {
        words.add(word());
      }
    }
    end(words);
  }

  private void end(List<String> words) throws UsageException {
    if (words.isEmpty()) {
      throw new UsageException("syntax: a command is missing");
    }
    commands.add(words);
    if (commands.size() > MAX_COMMANDS) {
      throw new UsageException("line: too many pipes (expected: at most " + MAX_COMMANDS + ")");
    }
  }

  private boolean skipBlanks() {
    while (position < line.length() && isBlank(line.charAt(position))) {
      position++;
    }
    return position < line.length();
  }

  private String word() throws UsageException {
    StringBuilder word = new StringBuilder();
    while (position < line.length()) {
      char c = line.charAt(position);
      if (isBlank(c) || c == '|') {
        break;
      }
      position++;
      if (c == '\'' || c == '"') {
        quotation(c, word);
      } else if (c == '\\' && position < line.length()) {
        word.append(line.charAt(position++));
      } else if (RESERVED.contains(c) || c == '\\' || Character.isISOControl(c)) {
        throw new UsageException(
            "syntax: " + shown(c) + " (expected: words, quotes and pipes; quote it to mean it)");
      } else {
        word.append(c);
      }
    }
    return word.toString();
  }

  /** Within double quotes a backslash takes a quote or a backslash as it is, as elsewhere. */
  private void quotation(char quote, StringBuilder word) throws UsageException {
    while (position < line.length()) {
      char c = line.charAt(position++);
      if (c == quote) {
        return;
      }
      boolean escaped =
          quote == '"'
              && c == '\\'
              && position < line.length()
              && "\"\\".indexOf(line.charAt(position)) >= 0;
      word.append(escaped ? line.charAt(position++) : c);
    }
    throw new UsageException("syntax: " + quote + " is not closed");
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private static String shown(char c) {
    return Character.isISOControl(c) ? String.format("\\x%02x", (int) c) : String.valueOf(c);
  }
}
