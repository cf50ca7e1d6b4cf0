// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The text of a {@code .cfg} file: what it says, and how to change a line and leave the others. */
final class CfgFile {
  private CfgFile() {}

  /**
   * Keys and values.
   *
   * @throws IOException when it is no properties file
   */
  static Map<String, String> values(String text) throws IOException {
    Properties lines = new Properties();
    try {
      lines.load(new StringReader(text));
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    Map<String, String> values = new TreeMap<>();
    lines.stringPropertyNames().forEach(key -> values.put(key, lines.getProperty(key)));
    return values;
  }

  /**
   * The text with another value of a key: on its line, or below the comment that shows its default,
   * or at the end.
   *
   * @param value empty takes the line away, so that the default is in force again
   */
  static String with(String text, String key, Optional<String> value) {
    List<String> lines =
        text.isEmpty() ? new ArrayList<>() : new ArrayList<>(Arrays.asList(text.split("\n")));
    Pattern set = Pattern.compile("\\s*" + Pattern.quote(key) + "\\s*[=:].*");
    Pattern shown = Pattern.compile("#\\s*" + Pattern.quote(key) + "\\s*=.*");
    int at = find(lines, set);
    int after = find(lines, shown);
    if (at >= 0) {
      removeLogicalLine(lines, at);
    } else {
      at = after >= 0 ? after + 1 : lines.size();
    }
    if (value.isPresent()) {
      lines.add(at, key + " = " + escaped(value.get()));
    }
    // A second line of the same key would win.
    for (int i = lines.size() - 1; i > at; i--) {
      if (set.matcher(lines.get(i)).matches()) {
        removeLogicalLine(lines, i);
      }
    }
    return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
  }

  /** Writes it as a whole or not at all; who may read it stays. */
  static void write(Path file, String text) throws IOException {
    Path next = file.resolveSibling("." + file.getFileName() + ".new");
    Files.deleteIfExists(next);
    Files.createFile(next);
    PosixFileAttributeView view = Files.getFileAttributeView(next, PosixFileAttributeView.class);
    if (Files.exists(file)) {
      PosixFileAttributes old = Files.readAttributes(file, PosixFileAttributes.class);
      view.setPermissions(old.permissions());
      view.setOwner(old.owner());
      view.setGroup(old.group());
    }
    Files.writeString(next, text, StandardOpenOption.SYNC);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static int find(List<String> lines, Pattern pattern) {
    for (int i = 0; i < lines.size(); i++) {
      if (pattern.matcher(lines.get(i)).matches()) {
        return i;
      }
    }
    return -1;
  }

  /** With the lines that continue it. */
  private static void removeLogicalLine(List<String> lines, int at) {
    boolean continues;
    do {
      continues = lines.remove(at).endsWith("\\") && at < lines.size();
    } while (continues);
  }

  private static String escaped(String value) {
    String text = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    return text.startsWith(" ") ? "\\" + text : text;
  }
}
