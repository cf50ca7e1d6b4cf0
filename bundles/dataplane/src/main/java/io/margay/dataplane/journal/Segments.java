// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.journal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The files of a journal, {@code 000001.jsonl} and on: written one after the other, the oldest
 * removed when all are too large together.
 */
final class Segments {
  /** Of how many segments the bound is made up. */
  static final int PARTS = 8;

  private static final String SUFFIX = ".jsonl";
  private static final int DIGITS = 6;

  private final Path folder;

  Segments(Path folder) {
    this.folder = folder;
  }

  /** The files, oldest first; none when there is no folder. */
  List<Path> all() throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "[0-9]*" + SUFFIX)) {
      found.forEach(files::add);
    } catch (NoSuchFileException e) {
      return files; // Nothing was ever written.
    }
    // More digits are a larger number.
    files.sort(
        (a, b) -> {
          int byLength = a.getFileName().toString().length() - b.getFileName().toString().length();
          return byLength != 0 ? byLength : a.getFileName().compareTo(b.getFileName());
        });
    return files;
  }

  /** The file after the last one. */
  Path next() throws IOException {
    List<Path> files = all();
    long last = files.isEmpty() ? 0 : number(files.get(files.size() - 1));
    String digits = Long.toString(last + 1);
    return folder.resolve("0".repeat(Math.max(0, DIGITS - digits.length())) + digits + SUFFIX);
  }

  /** Removes the oldest until all others and one more full segment are within the bound. */
  void trim(long maxBytes) throws IOException {
    long total = maxBytes / PARTS;
    List<Path> newestFirst = all();
    Collections.reverse(newestFirst);
    for (Path file : newestFirst) {
      total += Files.size(file);
      if (total > maxBytes) {
        Files.delete(file);
      }
    }
  }

  private static long number(Path file) {
    String name = file.getFileName().toString();
    return Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
  }
}
