// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

/**
 * When a document was written. Opaque outside the store but for its order within one kind.
 *
 * @param number greater for a later write of the same kind; 0 stands before every write
 */
public record Revision(long number) implements Comparable<Revision> {
  public static final Revision NONE = new Revision(0);

  @Override
  public int compareTo(Revision other) {
    return Long.compare(number, other.number);
  }

  @Override
  public String toString() {
    return Long.toString(number);
  }
}
