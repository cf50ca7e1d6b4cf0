// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

import java.util.Objects;

/** What a writer assumes about the document it replaces: the compare of compare-and-set. */
public final class Expected {
  /** Whatever is there, or nothing. */
  public static final Expected ANY = new Expected(null);

  /** There is no such document. */
  public static final Expected ABSENT = new Expected(Revision.NONE);

  private final Revision revision;

  private Expected(Revision revision) {
    this.revision = revision;
  }

  /** The document still has this revision. */
  public static Expected at(Revision revision) {
    return new Expected(Objects.requireNonNull(revision));
  }

  /** Whether a document of this revision ({@link Revision#NONE}: absent) is what was expected. */
  public boolean matches(Revision found) {
    return revision == null || revision.equals(found);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Expected other && Objects.equals(other.revision, revision);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(revision);
  }

  @Override
  public String toString() {
    return revision == null ? "any" : revision.equals(Revision.NONE) ? "absent" : "at " + revision;
  }
}
