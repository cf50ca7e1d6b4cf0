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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.apache.felix.service.command.Process;
import org.jline.reader.History;
import org.jline.reader.LineReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What makes lines into scripts: {@code each}, {@code source}, {@code alias}, {@code unalias}, and
 * {@code history}. For admins, as all of Gogo's language.
 */
final class Scripting {
  /** Where a session at a terminal keeps its reader, as gogo.jline does. */
  static final String READER = org.apache.felix.gogo.jline.Shell.VAR_READER;

  private static final Logger LOG = LoggerFactory.getLogger(Scripting.class);
  private static final String PLACE = "{}";
  private static final int DEFAULT_LINES = 20;

  /** Name of the frame in which the lines of a script run. */
  static final String SOURCE = "source";

  /** In a block: all words that it is run with. */
  private static final String ALL = " $args";

  /** Each level holds threads of the agent until it ends. */
  private static final int MAX_DEPTH = 32;

  private static final Pattern COMMAND = Pattern.compile("[A-Za-z][A-Za-z0-9_:-]*");

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

  /** Names of the aliases; none when they cannot be read. */
  Set<String> names() {
    try {
      return read().keySet();
    } catch (IOException e) {
      LOG.debug("Aliases not read file={}", aliases, e);
      return Set.of();
    }
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
   * all. Empty lines are left out. Fails as the last run that failed.
   */
  private Object each(CommandSession session, List<Object> words) throws Exception {
    Process process = Process.Utils.current();
    if (words.isEmpty()) {
      return fail("each: COMMAND: missing (expected: a command with '{}', or { a block })");
    }
    String command = words.get(0).toString();
    boolean isBlock = words.get(0) instanceof Function;
    if (!isBlock && !COMMAND.matcher(command).matches()) {
      return fail("each: " + command + " (expected: the name of a command, or { a block })");
    }
    ShellSession shell = (ShellSession) session;
    Function block = isBlock ? (Function) words.get(0) : block(session, command + ALL);
    List<String> lines =
        new BufferedReader(new InputStreamReader(process.in(), StandardCharsets.UTF_8))
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    int failure = ShellSession.OK;
    for (String line : lines) {
      List<Object> parts = List.of((Object[]) line.split("\\s+"));
      List<Object> given =
          isBlock ? parts : filled(words.subList(1, words.size()), parts.get(0).toString());
      call(shell, "each", block, given);
      int status = shell.innerStatus(process);
      failure = status == ShellSession.OK ? failure : status;
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
    }
    shell.end(process, failure);
    return null;
  }

  private static List<Object> filled(List<Object> words, String first) {
    return words.stream().<Object>map(word -> word.toString().replace(PLACE, first)).toList();
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
    } catch (IOException e) {
      return fail("source: " + file + ": " + e.getMessage() + " (expected: a file of text)");
    }
    return run((ShellSession) session, SOURCE, text, words.subList(1, words.size()));
  }

  /** Runs lines; this process ends as their last command. */
  private static Object run(ShellSession session, String name, String lines, List<Object> words)
      throws Exception {
    Object result = call(session, name, block(session, lines), words);
    Process process = Process.Utils.current();
    session.end(process, session.innerStatus(process));
    return result;
  }

  /** Runs a block. The words are handed over as they are: Gogo never reads them. */
  private static Object call(ShellSession session, String name, Function block, List<Object> words)
      throws Exception {
    Process process = Process.Utils.current();
    if (session.depth(process) > MAX_DEPTH) {
      throw new UsageException(name + ": too many levels (expected: none that runs itself)");
    }
    session.begin(process, name);
    try {
      return block.execute(session, words);
    } finally {
      session.leave(process);
    }
  }

  /** Lines as a block, for one run at a time: it keeps the words it is run with. */
  private static Function block(CommandSession session, String lines) throws Exception {
    return (Function) session.execute("{\n" + lines + "\n}");
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
    boolean isLine = line != null && !line.isEmpty() && line.indexOf('\n') < 0;
    if (!name.matches("[A-Za-z][A-Za-z0-9_-]*") || !isLine) {
      return fail("alias: " + joined + " (expected: NAME = \"LINE\", or a name that is known)");
    }
    if (equals < 0) {
      process.out().println(name + " = \"" + line + "\"");
      return null;
    }
    block(session, line + ALL); // So that what is no line is refused now.
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

  /** Within itself an alias is the command of that name: {@code alias grep = "grep -i"}. */
  private static void define(CommandSession session, String name, String line) {
    Function alias =
        (s, words) -> {
          ShellSession shell = (ShellSession) s;
          if (!shell.isWithin(Process.Utils.current(), name)) {
            return run(shell, name, line + ALL, words);
          }
          Function command = shell.command(name);
          return command == null
              ? fail(name + ": no such command (expected: another than the alias itself)")
              : command.execute(s, words);
        };
    session.put(name, alias);
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
