// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

/** To which peers a pool's mode applies. */
public enum Variant {
  /** To all peers. */
  ALWAYS,
  /** Only to peers in another subnet; the others are reached directly. */
  CROSS_SUBNET
}
