// SPDX-License-Identifier: Apache-2.0
package io.margay.api.node;

/**
 * Framework properties that the launcher sets; read them with {@code BundleContext.getProperty}.
 */
public final class NodeProperties {
  /** Name of the node, as in its Node resource. */
  public static final String NODE = "margay.node";

  /** State directory of this agent, an absolute path. */
  public static final String STATE = "margay.state";

  /** Where the shared store is: for SQLite the database file, an absolute path. */
  public static final String STORE = "margay.store";

  /** Root of the unpacked distribution. */
  public static final String HOME = "margay.home";

  /** Directory of the {@code .cfg} files. */
  public static final String ETC = "margay.etc";

  /** When the process started, in milliseconds since the epoch. */
  public static final String STARTED = "margay.started";

  private NodeProperties() {}
}
