// SPDX-License-Identifier: Apache-2.0
package io.margay.console.render;

import io.margay.api.console.Share;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Aligned columns under upper-case headings.
 *
 * <p>Widths come from the rows that are known when the first line is written; later rows that are
 * wider push their line out. On a terminal headings and the widest columns are cut with an ellipsis
 * until a line fits; elsewhere nothing is cut.
 */
public final class Table implements Rows {
  private static final int GAP = 2;
  private static final int NARROWEST = 6;

  /** So many rows decide the widths, and bound what is kept in memory. */
  private static final int SAMPLE = 10_000;

  private static final String BOLD = "1";
  private static final String GREEN = "32";
  private static final String YELLOW = "33";
  private static final String RED = "31";
  private static final Map<String, String> COLOURS =
      Map.ofEntries(
          Map.entry("OK", GREEN),
          Map.entry("ACTIVE", GREEN),
          Map.entry("ESTABLISHED", GREEN),
          Map.entry("DEGRADED", YELLOW),
          Map.entry("WARN", YELLOW),
          Map.entry("DRIFT", YELLOW),
          Map.entry("MISSING", RED),
          Map.entry("DOWN", RED),
          Map.entry("ERROR", RED));

  private final PrintStream out;
  private final Style style;
  private final List<List<String>> pending = new ArrayList<>();
  private Columns columns;
  private int[] widths;
  private boolean written;

  /**
   * @param expected type of the rows, so that an empty table has its headings
   */
  public Table(PrintStream out, Style style, Optional<Class<? extends Record>> expected) {
    this.out = out;
    this.style = style;
    expected.ifPresent(type -> columns = new Columns(type));
  }

  @Override
  public void add(Record row) {
    if (columns == null || !columns.isOf(row)) {
      if (!pending.isEmpty() || written) {
        flush();
        out.println(); // Another type of record: another table.
      }
      columns = new Columns(row.getClass());
      widths = null;
    }
    pending.add(columns.values(row).stream().map(this::cell).toList());
    if (pending.size() >= SAMPLE) {
      flush();
    }
  }

  @Override
  public void flush() {
    if (!pending.isEmpty()) {
      write();
    }
    out.flush();
  }

  @Override
  public void end(boolean evenEmpty) {
    if (evenEmpty && !written && columns != null) {
      write();
    }
    flush();
  }

  private String cell(Object value) {
    return value instanceof Share share && style.columns() > 0 ? Bar.of(share) : Cell.of(value);
  }

  private void write() {
    if (widths == null) {
      widths = fit(natural());
      line(columns.headings(), true);
    }
    pending.forEach(cells -> line(cells, false));
    pending.clear();
    written = true;
  }

  /** The widths of the cells alone. */
  private int[] natural() {
    int[] natural = new int[columns.names().size()];
    for (List<String> cells : pending) {
      for (int i = 0; i < natural.length; i++) {
        natural[i] = Math.max(natural[i], length(cells.get(i)));
      }
    }
    return natural;
  }

  /**
   * Makes a line fit: first headings that are wider than what is below them give way, then the
   * widest cells. The first column names what a row is about, and gives way last.
   */
  private int[] fit(int[] natural) {
    int[] fitted = new int[natural.length];
    int[] least = new int[natural.length];
    for (int i = 0; i < fitted.length; i++) {
      int heading = length(columns.headings().get(i));
      fitted[i] = Math.max(natural[i], heading);
      least[i] = Math.max(natural[i], Math.min(heading, NARROWEST));
    }
    take(fitted, least, 0);
    Arrays.fill(least, NARROWEST);
    take(fitted, least, 1);
    take(fitted, least, 0);
    return fitted;
  }

  /** Takes from the widest column from {@code first} on that has more than the least it needs. */
  private void take(int[] fitted, int[] least, int first) {
    int total = Arrays.stream(fitted).sum() + GAP * Math.max(0, fitted.length - 1);
    while (style.columns() > 0 && total > style.columns()) {
      int widest = -1;
      for (int i = first; i < fitted.length; i++) {
        if (fitted[i] > least[i] && (widest < 0 || fitted[i] > fitted[widest])) {
          widest = i;
        }
      }
      if (widest < 0) {
        return;
      }
      fitted[widest]--;
      total--;
    }
  }

  private void line(List<String> cells, boolean heading) {
    List<Boolean> numeric = columns.numeric();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String cell = cut(cells.get(i), widths[i]);
      String padding = " ".repeat(Math.max(0, widths[i] - length(cell)));
      boolean last = i == cells.size() - 1;
      String coloured = colour(cell, heading ? BOLD : COLOURS.get(cell));
      line.append(numeric.get(i) ? padding + coloured : coloured + (last ? "" : padding));
      line.append(last ? "" : " ".repeat(GAP));
    }
    out.println(line);
  }

  private String cut(String cell, int width) {
    return style.columns() == 0 || length(cell) <= width
        ? cell
        : cell.substring(0, cell.offsetByCodePoints(0, width - 1)) + "…";
  }

  private String colour(String cell, String code) {
    return code == null || !style.colours() ? cell : "\033[" + code + "m" + cell + "\033[0m";
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
