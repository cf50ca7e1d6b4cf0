// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sqlite.SQLiteDataSource;

/** What the database says after the torture, and what is wrong with it or with what agents said. */
final class TortureLog {
  private static final Pattern DOCUMENT =
      Pattern.compile("\\{\"previous\":(-?\\d+),\"size\":(\\d+),\"group\":\"(.*)\"}");

  /** A change; json is - for a deletion. */
  private record Change(String name, String json) {}

  private final List<String> faults = new ArrayList<>();
  private final TreeMap<Long, Change> log = new TreeMap<>();
  private final Map<String, Long> stored = new HashMap<>();

  TortureLog(Path file) throws SQLException {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file);
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
        expect(row.getString(1).equals("ok"), "integrity: " + row.getString(1));
      }
      try (ResultSet row = statement.executeQuery("SELECT revision, name, json FROM log")) {
        while (row.next()) {
          byte[] json = row.getBytes(3);
          String text = json == null ? "-" : new String(json, UTF_8);
          log.put(row.getLong(1), new Change(row.getString(2), text));
        }
      }
      try (ResultSet row = statement.executeQuery("SELECT name, revision FROM kv")) {
        while (row.next()) {
          stored.put(row.getString(1), row.getLong(2));
        }
      }
    }
  }

  int size() {
    return log.size();
  }

  List<String> faults() {
    return faults;
  }

  /** Revisions dense, each compare-and-set based on the one before, groups whole, kv = the log. */
  void checkLog() {
    expect(log.firstKey() == 1 && log.lastKey() == log.size(), "revisions are not dense");
    Map<String, Long> state = new HashMap<>();
    Map<String, Integer> missing = new HashMap<>();
    log.forEach(
        (revision, change) -> {
          Matcher document = DOCUMENT.matcher(change.json());
          if (!document.matches()) {
            expect(change.json().equals("-"), "document at " + revision + ": " + change.json());
            state.remove(change.name());
            return;
          }
          long previous = Long.parseLong(document.group(1));
          expect(
              previous == -1 || previous == state.getOrDefault(change.name(), 0L),
              "write " + revision + " was not based on the state before");
          state.put(change.name(), revision);
          int size = Integer.parseInt(document.group(2));
          missing.merge(document.group(3), size - 1, (left, any) -> left - 1);
        });
    missing.forEach((group, left) -> expect(left == 0, "group " + group + " lacks " + left));
    expect(state.equals(stored), "the documents are not what the log leads to");
  }

  /** Every acknowledged write is there; returns how many there were. */
  int checkAcknowledged(List<String> lines) {
    int acknowledged = 0;
    for (String line : lines) {
      String[] words = line.split(" ", 4);
      if (words[0].equals("W")) {
        acknowledged++;
        checkChange("acknowledged", words);
      } else {
        expect(!words[0].equals("E") && !words[0].equals("L"), "agent said: " + line);
      }
    }
    return acknowledged;
  }

  /**
   * After each reset, no event is missing, doubled or out of order; returns how many there were.
   */
  int checkWatched(List<String> lines) {
    long last = -1;
    int seen = 0;
    for (String line : lines) {
      String[] words = line.split(" ", 4);
      switch (words[0]) {
        case "R" -> {
          last = Long.parseLong(words[1]);
          expect(stateAt(last).equals(words[2]), "reset at " + last + " shows another state");
        }
        case "P", "D" -> {
          expect(Long.parseLong(words[1]) == last + 1, "event " + words[1] + " after " + last);
          checkChange("watched", words);
          last = Long.parseLong(words[1]);
          seen++;
        }
        default -> {
          // Said by the writing threads.
        }
      }
    }
    return seen;
  }

  private void checkChange(String what, String[] words) {
    Change expected = new Change(words[2], words.length == 4 ? words[3] : "-");
    Change found = log.get(Long.parseLong(words[1]));
    expect(expected.equals(found), what + " " + words[1] + ": " + expected + ", log: " + found);
  }

  private String stateAt(long revision) {
    TreeMap<String, Long> state = new TreeMap<>();
    log.headMap(revision, true)
        .forEach(
            (number, change) -> {
              if (change.json().equals("-")) {
                state.remove(change.name());
              } else {
                state.put(change.name(), number);
              }
            });
    List<String> entries = new ArrayList<>();
    state.forEach((name, number) -> entries.add(name + ":" + number));
    return String.join(",", entries);
  }

  private void expect(boolean fine, String fault) {
    if (!fine) {
      faults.add(fault);
    }
  }
}
