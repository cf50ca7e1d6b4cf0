// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

/**
 * Who declared a set of kernel objects.
 *
 * @param name one of {@code host}, {@code local}, {@code external}, or {@code workload/HANDLE},
 *     {@code mode/MODE}, {@code pool/POOL}, {@code probe/POOL}
 */
public record Owner(String name) implements Comparable<Owner> {
  /** Host-wide sysctls and rules. */
  public static final Owner HOST = new Owner("host");

  /** Blackholes of the node's own blocks and addresses parked on {@code lo}. */
  public static final Owner LOCAL = new Owner("local");

  /** Routes learned from outside peers. */
  public static final Owner EXTERNAL = new Owner("external");

  public Owner {
    if (!name.matches("host|local|external|(workload|mode|pool|probe)/[^\\s/]+")) {
      throw new IllegalArgumentException(
          "owner: "
              + name
              + " (expected: host, local, external or workload/, mode/, pool/, probe/ and a name)");
    }
  }

  /** Host side of one workload's attachment. */
  public static Owner workload(String handle) {
    return new Owner("workload/" + handle);
  }

  /** Standing objects of a routing mode. */
  public static Owner mode(String mode) {
    return new Owner("mode/" + mode);
  }

  /** Routes to the remote destinations of a pool. */
  public static Owner pool(String pool) {
    return new Owner("pool/" + pool);
  }

  /** Canary routes of a pool. */
  public static Owner probe(String pool) {
    return new Owner("probe/" + pool);
  }

  @Override
  public int compareTo(Owner other) {
    return name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return name;
  }
}
