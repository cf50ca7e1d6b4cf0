// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

/** To which peers a pool's packets are encapsulated: {@code ipipMode}, {@code vxlanMode}. */
public enum Encapsulation {
  NEVER,
  ALWAYS,
  /** Only to peers in another subnet. */
  CROSS_SUBNET
}
