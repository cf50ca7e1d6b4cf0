// SPDX-License-Identifier: Apache-2.0
package io.margay.api.ipam;

/** No address could be given; the message says which pools were considered and why none served. */
public final class IpamException extends Exception {
  private static final long serialVersionUID = 1L;
  private final Reason reason;

  /** Why, for a caller that must choose an answer. */
  public enum Reason {
    /** No pool fits the request. */
    NO_POOL,
    /** Every address of every fitting pool is taken. */
    EXHAUSTED,
    /** The node may not claim another block. */
    BLOCK_LIMIT,
    /** A specific address is taken, reserved, or in no pool. */
    ADDRESS_UNAVAILABLE,
    /** What the node held has been given to others; see {@link Ipam#refusal}. */
    NODE_LOST,
    /** The node to free exists. */
    NODE_EXISTS,
    /** Others changed the same documents too often; try again. */
    CONTENTION,
    /** The store failed. */
    STORE
  }

  public IpamException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public IpamException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
