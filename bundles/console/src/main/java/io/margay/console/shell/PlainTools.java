// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.console.render.Cell;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What lines of viewers and operators are piped to. The tools of Gogo open files and addresses of
 * the host, and hold whatever comes; these read their standard input, and hold so much of it.
 */
final class PlainTools {
  static final List<String> NAMES =
      List.of("cat", "clear", "echo", "grep", "head", "sort", "tail", "wc");

  private static final int MAX_HELD_CHARS = 4 << 20;
  private static final int DEFAULT_LINES = 10;

  /** Runs a tool and returns its exit status. */
  int run(String name, List<String> words, InputStream in, PrintStream out, PrintStream err)
      throws InterruptedException {
    try {
      Options options = new Options(words);
      int status =
          switch (name) {
            case "cat" -> cat(options, in, out);
            case "clear" -> clear(options, out);
            case "echo" -> echo(words, out);
            case "grep" -> grep(options, in, out);
            case "head" -> head(options, in, out);
            case "sort" -> sort(options, in, out);
            case "tail" -> tail(options, in, out);
            case "wc" -> wc(options, in, out);
            default -> throw new UsageException("no such command (help lists them)");
          };
      out.flush();
      return status;
    } catch (UsageException e) {
      return complain(err, name, e.getMessage(), ShellSession.USAGE);
    } catch (PatternSyntaxException e) {
      return complain(err, name, e.getPattern() + ": " + e.getDescription(), ShellSession.USAGE);
    } catch (PatientText.TooLong e) {
      return complain(err, name, e.getMessage(), ShellSession.FAILED);
    } catch (InterruptedIOException e) {
      throw (InterruptedException) new InterruptedException(e.getMessage()).initCause(e);
    } catch (IOException e) {
      return complain(err, name, e.getMessage(), ShellSession.FAILED);
    }
  }

  private static int complain(PrintStream err, String name, String message, int status) {
    err.println(Cell.printableLines(name + ": " + message));
    return status;
  }

  private static int cat(Options options, InputStream in, OutputStream out)
      throws UsageException, IOException {
    options.end();
    in.transferTo(out);
    return ShellSession.OK;
  }

  private static int clear(Options options, PrintStream out) throws UsageException {
    options.end();
    out.print("\033[H\033[2J");
    return ShellSession.OK;
  }

  private static int echo(List<String> words, PrintStream out) {
    out.println(String.join(" ", words));
    return ShellSession.OK;
  }

  private static int grep(Options options, InputStream in, PrintStream out)
      throws UsageException, IOException {
    int flags = options.flag("-i") ? Pattern.CASE_INSENSITIVE : 0;
    boolean inverted = options.flag("-v");
    boolean counting = options.flag("-c");
    Pattern pattern = Pattern.compile(options.operand("PATTERN"), flags);
    options.end();
    BoundedLines lines = new BoundedLines(in);
    int count = 0;
    for (String line = lines.next(); line != null; line = lines.next()) {
      if (PatientText.has(line, pattern) != inverted) {
        count++;
        if (!counting) {
          out.println(line);
        }
      }
      if (out.checkError()) {
        break;
      }
    }
    if (counting) {
      out.println(count);
    }
    return count > 0 ? ShellSession.OK : ShellSession.FAILED;
  }

  private static int head(Options options, InputStream in, PrintStream out)
      throws UsageException, IOException {
    int count = options.lines(DEFAULT_LINES);
    options.end();
    BoundedLines lines = new BoundedLines(in);
    for (int i = 0; i < count; i++) {
      String line = lines.next();
      if (line == null) {
        break;
      }
      out.println(line);
    }
    return ShellSession.OK;
  }

  private static int tail(Options options, InputStream in, PrintStream out)
      throws UsageException, IOException {
    int count = options.lines(DEFAULT_LINES);
    options.end();
    BoundedLines lines = new BoundedLines(in);
    Deque<String> last = new ArrayDeque<>();
    long held = 0;
    for (String line = lines.next(); line != null; line = lines.next()) {
      last.add(line);
      held += line.length();
      while (last.size() > count) {
        held -= last.remove().length();
      }
      held(held);
    }
    last.forEach(out::println);
    return ShellSession.OK;
  }

  private static int sort(Options options, InputStream in, PrintStream out)
      throws UsageException, IOException {
    boolean reverse = options.flag("-r");
    boolean unique = options.flag("-u");
    options.end();
    BoundedLines lines = new BoundedLines(in);
    List<String> all = new ArrayList<>();
    long held = 0;
    for (String line = lines.next(); line != null; line = lines.next()) {
      all.add(line);
      held += line.length() + 16L;
      held(held);
    }
    List<String> sorted = new ArrayList<>(unique ? new TreeSet<>(all) : all);
    sorted.sort(reverse ? Collections.reverseOrder() : null);
    sorted.forEach(out::println);
    return ShellSession.OK;
  }

  private static int wc(Options options, InputStream in, PrintStream out)
      throws UsageException, IOException {
    boolean linesOnly = options.flag("-l");
    options.end();
    long lines = 0;
    long words = 0;
    long bytes = 0;
    boolean inWord = false;
    byte[] chunk = new byte[8192];
    for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
      bytes += read;
      for (int i = 0; i < read; i++) {
        lines += chunk[i] == '\n' ? 1 : 0;
        boolean blank = chunk[i] == ' ' || chunk[i] == '\t' || chunk[i] == '\n';
        words += inWord && blank ? 1 : 0;
        inWord = !blank;
      }
    }
    words += inWord ? 1 : 0;
    out.println(linesOnly ? String.valueOf(lines) : lines + " " + words + " " + bytes);
    return ShellSession.OK;
  }

  private static void held(long chars) throws IOException {
    if (chars > MAX_HELD_CHARS) {
      throw new IOException("too much (expected: at most " + MAX_HELD_CHARS + " characters)");
    }
  }

  /** The words of one call; what no tool asked for is refused by {@link #end}. */
  private static final class Options {
    private final List<String> words;

    Options(List<String> words) {
      this.words = new ArrayList<>(words);
    }

    boolean flag(String name) {
      return words.remove(name);
    }

    /** {@code -n N} or {@code -N}. */
    int lines(int byDefault) throws UsageException {
      int at = words.indexOf("-n");
      if (at >= 0 && at + 1 < words.size()) {
        words.remove(at);
        return number(words.remove(at));
      }
      if (!words.isEmpty() && words.get(0).matches("-\\d+")) {
        return number(words.remove(0).substring(1));
      }
      return byDefault;
    }

    private static int number(String text) throws UsageException {
      if (!text.matches("\\d{1,6}")) {
        throw new UsageException("-n: " + text + " (expected: 0..999999)");
      }
      return Integer.parseInt(text);
    }

    String operand(String name) throws UsageException {
      if (words.isEmpty()) {
        throw new UsageException(name + ": missing");
      }
      return words.remove(0);
    }

    void end() throws UsageException {
      if (!words.isEmpty()) {
        throw new UsageException(
            words.get(0) + ": unexpected (expected: no file; it reads what is piped to it)");
      }
    }
  }
}
