// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * The latest changes of the configuration, a file each in {@code <state>/config-history}, for root
 * alone: they may hold secrets. Confined to whoever holds the lock of {@link ConfigFolder}.
 */
final class History {
  private static final int KEPT = 20;

  private final Path folder;

  History(Path folder) {
    this.folder = folder;
  }

  /** The oldest first. */
  List<Change> changes() throws IOException {
    List<Change> changes = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.change")) {
        for (Path file : files) {
          changes.add(read(file));
        }
      }
    }
    changes.sort(Comparator.comparingLong(Change::number));
    return changes;
  }

  /** Writes one down, and forgets the oldest. */
  Change add(String by, String file, Optional<String> before, Optional<String> after, Instant when)
      throws IOException {
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    List<Change> known = changes();
    long number = known.isEmpty() ? 1 : known.get(known.size() - 1).number() + 1;
    Change change = new Change(number, when, by, file, before, after);
    Path path = path(number);
    Path next = path.resolveSibling(path.getFileName() + ".new");
    Files.writeString(next, text(change));
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
    for (Change old : known.subList(0, Math.max(0, known.size() + 1 - KEPT))) {
      Files.deleteIfExists(path(old.number()));
    }
    return change;
  }

  private Path path(long number) {
    return folder.resolve("%08d.change".formatted(number));
  }

  private static String text(Change change) throws IOException {
    Properties fields = new Properties();
    fields.setProperty("number", Long.toString(change.number()));
    fields.setProperty("when", change.when().toString());
    fields.setProperty("by", change.by());
    fields.setProperty("file", change.file());
    change.before().ifPresent(text -> fields.setProperty("before", text));
    change.after().ifPresent(text -> fields.setProperty("after", text));
    StringWriter text = new StringWriter();
    fields.store(text, null);
    return text.toString();
  }

  private static Change read(Path file) throws IOException {
    Properties fields = new Properties();
    try {
      fields.load(new StringReader(Files.readString(file)));
      return new Change(
          Long.parseLong(fields.getProperty("number", "")),
          Instant.parse(fields.getProperty("when", "")),
          fields.getProperty("by", ""),
          fields.getProperty("file", ""),
          Optional.ofNullable(fields.getProperty("before")),
          Optional.ofNullable(fields.getProperty("after")));
    } catch (IllegalArgumentException | java.time.DateTimeException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }
}
