// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.StoreException;
import java.nio.file.Path;
import java.sql.SQLException;

/** Puts SQLite's result codes into sentences that say what is wrong and what to do. */
final class StoreErrors {
  // sqlite.org/rescode.html, primary result codes.
  private static final int SQLITE_BUSY = 5;
  private static final int SQLITE_LOCKED = 6;
  private static final int SQLITE_READONLY = 8;
  private static final int SQLITE_IOERR = 10;
  private static final int SQLITE_CORRUPT = 11;
  private static final int SQLITE_FULL = 13;
  private static final int SQLITE_CANTOPEN = 14;
  private static final int SQLITE_NOTADB = 26;

  private StoreErrors() {}

  static StoreException explain(Path file, SQLException e) {
    String sentence =
        switch (primaryCode(e)) {
          case SQLITE_BUSY, SQLITE_LOCKED ->
              "is locked by another process; nothing was written; find it with: fuser " + file;
          case SQLITE_READONLY ->
              "is read-only; the agent must be able to write the file and its folder";
          case SQLITE_IOERR ->
              "failed to read or write its disk; a write under way may have been made or not: "
                  + e.getMessage();
          case SQLITE_CORRUPT -> "is corrupt; " + HOW_TO_RECOVER;
          case SQLITE_FULL -> "has no space left on its disk; nothing was written";
          case SQLITE_CANTOPEN ->
              "cannot be opened; check that its folder exists and that the agent may write there";
          case SQLITE_NOTADB -> "is not an SQLite database; " + HOW_TO_RECOVER;
          default -> "refused: " + e.getMessage();
        };
    return new StoreException("store " + file + " " + sentence, e);
  }

  static final String HOW_TO_RECOVER =
      "it is left as it is: restore it from a backup, or move it away (with its -wal and -shm"
          + " files) to begin with an empty store";

  /** Whether what is open may no longer be trusted and must be opened and checked again. */
  static boolean isSerious(SQLException e) {
    return switch (primaryCode(e)) {
      case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_CANTOPEN, SQLITE_NOTADB -> true;
      default -> false;
    };
  }

  private static int primaryCode(SQLException e) {
    return e.getErrorCode() & 0xff;
  }
}
