// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;

/**
 * Compares every {@code io.margay.*.cfg} with what the bundles declare, before any bundle starts.
 *
 * <p>Declarative Services would silently take the default for a misspelt key, and 0 for a number it
 * cannot read.
 */
final class ConfigCheck {
  private final Metatype metatype;

  ConfigCheck(Metatype metatype) {
    this.metatype = metatype;
  }

  /** Refuses with every problem of every file, one per line. */
  void check(Path etc) throws Refusal {
    List<String> problems = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(etc, "io.margay.*.cfg")) {
      for (Path file : files) {
        problems.addAll(problems(file));
      }
    } catch (IOException e) {
      throw new Refusal(Refusal.CONFIG, "configuration: " + e, e);
    }
    if (!problems.isEmpty()) {
      problems.sort(null);
      throw new Refusal(Refusal.CONFIG, String.join("\n", problems));
    }
  }

  private List<String> problems(Path file) throws IOException {
    String name = file.getFileName().toString();
    String pid = pid(name.substring(0, name.length() - ".cfg".length()));
    Map<String, Setting> settings = metatype.settingsByPid().get(pid);
    if (settings == null) {
      return List.of(
          file
              + ": no bundle takes configuration "
              + pid
              + hint(pid, metatype.settingsByPid().keySet()));
    }
    List<String> problems = new ArrayList<>();
    Properties lines = read(file);
    for (String key : new TreeSet<>(lines.stringPropertyNames())) {
      problem(key, lines.getProperty(key), settings).ifPresent(p -> problems.add(file + ": " + p));
    }
    return problems;
  }

  /** FileInstall's rule: {@code factory~name} or {@code factory-name}, else a single PID. */
  private static String pid(String name) {
    int end = name.indexOf('~') > 0 ? name.indexOf('~') : name.indexOf('-');
    return end > 0 ? name.substring(0, end) : name;
  }

  private static Properties read(Path file) throws IOException {
    Properties lines = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      lines.load(reader);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    return lines;
  }

  private static Optional<String> problem(String key, String value, Map<String, Setting> settings) {
    Setting setting = settings.get(key);
    if (setting == null) {
      return Optional.of(
          "unknown key " + key + " (value " + value + ")" + hint(key, settings.keySet()));
    }
    return setting
        .objection(value)
        .map(expected -> key + ": " + value + " (expected: " + expected + ")");
  }

  private static String hint(String word, Collection<String> known) {
    return Spelling.nearest(word, known)
        .map(nearest -> "; did you mean " + nearest + "?")
        .orElseGet(() -> "; known: " + String.join(", ", new TreeSet<>(known)));
  }
}
