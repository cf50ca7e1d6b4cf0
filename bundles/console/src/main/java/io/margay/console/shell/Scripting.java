// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.apache.felix.service.command.Process;
import org.jline.reader.History;
import org.jline.reader.LineReader;

/**
 * What makes lines into scripts: {@code each}, {@code source}, {@code alias}, {@code unalias}, and
 * {@code history}. For admins, as all of Gogo's language.
 */
final class Scripting {
  /** Where a session at a terminal keeps its reader, as gogo.jline does. */
  static final String READER = org.apache.felix.gogo.jline.Shell.VAR_READER;

  private static final String PLACE = "{}";
  private static final int DEFAULT_LINES = 20;

  private final Path aliases;

  /**
   * @param aliases the file that keeps aliases from one session to the next
   */
  Scripting(Path aliases) {
    this.aliases = aliases;
  }

  Map<String, Function> functions() {
    Map<String, Function> functions = new LinkedHashMap<>();
    functions.put("each", this::each);
    functions.put("source", this::source);
    functions.put("alias", this::alias);
    functions.put("unalias", this::unalias);
    functions.put("history", this::history);
    return functions;
  }

  /** Makes the aliases of earlier sessions known to this one. */
  void open(CommandSession session) throws IOException {
    for (Map.Entry<String, String> alias : read().entrySet()) {
      define(session, alias.getKey(), alias.getValue());
    }
  }

  /**
   * {@code each COMMAND WORD...}: runs it for each line that is piped in, {@code '{}'} standing for
   * the line's first word; or {@code each { ... }}, with {@code $it} for it and {@code $1}... for
   * all. Empty lines are left out.
   */
  private Object each(CommandSession session, List<Object> words) throws Exception {
    Process process = Process.Utils.current();
    if (words.isEmpty()) {
      return fail("each: COMMAND: missing (expected: a command with '{}', or { a block })");
    }
    List<String> lines =
        new BufferedReader(new InputStreamReader(process.in(), StandardCharsets.UTF_8))
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    for (String line : lines) {
      List<Object> parts = new ArrayList<>(Arrays.asList(line.split("\\s+")));
      if (words.get(0) instanceof Function block) {
        block.execute(session, parts);
      } else {
        String first = parts.get(0).toString();
        String command =
            words.stream()
                .map(word -> quoted(word.toString().replace(PLACE, first)))
                .collect(Collectors.joining(" "));
        session.execute(command);
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
    }
    return null;
  }

  /** {@code source FILE WORD...}: runs the lines of a file, with {@code $1}... for the words. */
  private Object source(CommandSession session, List<Object> words) throws Exception {
    if (words.isEmpty()) {
      return fail("source: FILE: missing (expected: a file of the node)");
    }
    Path file = Path.of(words.get(0).toString());
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      return fail("source: " + file + ": no such file");
    }
    Object block = session.execute("{\n" + text + "\n}");
    return ((Function) block).execute(session, words.subList(1, words.size()));
  }

  /** {@code alias}, {@code alias NAME}, {@code alias NAME = "LINE"}: what follows is appended. */
  private Object alias(CommandSession session, List<Object> words) throws Exception {
    Map<String, String> known = read();
    Process process = Process.Utils.current();
    if (words.isEmpty()) {
      known.forEach((name, line) -> process.out().println(name + " = \"" + line + "\""));
      return null;
    }
    String joined = words.stream().map(String::valueOf).collect(Collectors.joining(" "));
    int equals = joined.indexOf('=');
    String name = (equals < 0 ? joined : joined.substring(0, equals)).strip();
    String line = equals < 0 ? known.get(name) : joined.substring(equals + 1).strip();
    if (!name.matches("[A-Za-z][A-Za-z0-9_-]*") || line == null || line.isEmpty()) {
      return fail("alias: " + joined + " (expected: NAME = \"LINE\", or a name that is known)");
    }
    if (equals < 0) {
      process.out().println(name + " = \"" + line + "\"");
      return null;
    }
    define(session, name, line);
    known.put(name, line);
    write(known);
    return null;
  }

  /** {@code unalias NAME}. */
  private Object unalias(CommandSession session, List<Object> words) throws IOException {
    String name = words.isEmpty() ? "" : words.get(0).toString();
    Map<String, String> known = read();
    if (known.remove(name) == null) {
      return fail("unalias: " + name + " (expected: one of " + known.keySet() + ")");
    }
    session.put(name, null);
    write(known);
    return null;
  }

  /** {@code history [N]}: the latest lines of this person, 20 unless another number is given. */
  private Object history(CommandSession session, List<Object> words) {
    if (!(session.get(READER) instanceof LineReader reader)) {
      return fail("history: needs a terminal (expected: margay console)");
    }
    String count = words.isEmpty() ? Integer.toString(DEFAULT_LINES) : words.get(0).toString();
    if (!count.matches("[0-9]{1,6}")) {
      return fail("history: " + count + " (expected: a number of lines)");
    }
    History history = reader.getHistory();
    Process process = Process.Utils.current();
    int first = Math.max(history.first(), history.last() + 1 - Integer.parseInt(count));
    for (int i = first; i <= history.last(); i++) {
      process.out().printf("%5d  %s%n", i + 1, history.get(i));
    }
    return null;
  }

  private static void define(CommandSession session, String name, String line) {
    Function block =
        (s, words) ->
            s.execute(
                line
                    + words.stream()
                        .map(word -> " " + quoted(word.toString()))
                        .collect(Collectors.joining()));
    session.put(name, block);
  }

  /** As one word of Gogo, whatever is in it. */
  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_./:=,@+-]+")
        ? word
        : '"' + word.replaceAll("[\\\\\"$]", "\\\\$0") + '"';
  }

  private Map<String, String> read() throws IOException {
    Map<String, String> known = new LinkedHashMap<>();
    if (Files.exists(aliases)) {
      for (String line : Files.readAllLines(aliases)) {
        int equals = line.indexOf('=');
        if (equals > 0) {
          known.put(line.substring(0, equals), line.substring(equals + 1));
        }
      }
    }
    return known;
  }

  private void write(Map<String, String> known) throws IOException {
    Path next = aliases.resolveSibling(aliases.getFileName() + ".new");
    Files.write(next, known.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
    Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-------"));
    Files.move(next, aliases, StandardCopyOption.ATOMIC_MOVE);
  }

  private static Object fail(String message) {
    Process process = Process.Utils.current();
    process.err().println(message);
    process.error(ShellSession.USAGE);
    return null;
  }
}
