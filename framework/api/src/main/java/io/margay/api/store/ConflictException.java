// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

/** A document was not as the writer expected; nothing was written. */
public final class ConflictException extends StoreException {
  private static final long serialVersionUID = 1L;
  private final transient Key key;
  private final transient Revision found;

  public ConflictException(Key key, Expected expected, Revision found) {
    super(key + ": found " + Expected.at(found) + " (expected: " + expected + ")");
    this.key = key;
    this.found = found;
  }

  public Key key() {
    return key;
  }

  /** The revision that the document has; {@link Revision#NONE} when there is none. */
  public Revision found() {
    return found;
  }
}
