// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.Locale;
import java.util.Optional;

/**
 * Why something is declared or retired, for the log, the {@link Journal} and {@code
 * dataplane:drift}.
 *
 * @param text a short phrase that names what happened, such as {@code "IPPool/default@57"}
 * @param pod the pod that it is about, {@code namespace/name}; empty when it is about none
 */
public record Cause(Kind kind, String text, Optional<String> pod) {
  /** What brings a change about. */
  public enum Kind {
    /** The agent has started. */
    START,
    /** A document of the store was written or deleted. */
    STORE,
    /** Another node or router told of a route, by BGP for example, or withdrew it. */
    LEARNED,
    /** A container runtime called. */
    CNI,
    /** A person gave a command to this agent. */
    OPERATOR,
    /** A pool changes its mode. */
    SWITCH,
    /** A bundle took the place of another, came or went. */
    SWAP,
    /** The kernel had lost it, or somebody else had changed it. */
    REPAIR,
    /** Somebody else did it, and not Margay. */
    FOREIGN,
    /** The kernel did it as the consequence of something else, such as a link that went. */
    KERNEL,
    /** Anything else. */
    OTHER;

    /** As people write it, such as {@code store}. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A cause that is about no pod. */
  public Cause(Kind kind, String text) {
    this(kind, text, Optional.empty());
  }

  /** A cause of no particular kind. */
  public Cause(String text) {
    this(Kind.OTHER, text);
  }

  /** The same cause for a pod. */
  public Cause withPod(Optional<String> name) {
    return new Cause(kind, text, name);
  }

  @Override
  public String toString() {
    return text;
  }
}
