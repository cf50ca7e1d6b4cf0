// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

import io.margay.api.console.CommandSpec.Role;

/**
 * Who is at the other end of a console, and what they may do. It holds for as long as the session
 * does.
 */
public final class Caller {
  private final String name;
  private final String origin;
  private final Role role;

  private Caller(String name, String origin, Role role) {
    this.name = name;
    this.origin = origin;
    this.role = role;
  }

  /**
   * @param name the user's name; it has been proven
   * @param origin the way they came: {@code local}, or {@code ssh} and the address of the other end
   */
  public static Caller of(String name, String origin, Role role) {
    return new Caller(name, origin, role);
  }

  public String name() {
    return name;
  }

  public String origin() {
    return origin;
  }

  public Role role() {
    return role;
  }

  /** Whether this one may run commands of this role. */
  public boolean may(Role needed) {
    return role.compareTo(needed) >= 0;
  }

  @Override
  public String toString() {
    return name + " (" + role + ", " + origin + ")";
  }
}
