// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

/**
 * A register of the BPF machine. A call takes R1 to R5 and leaves its result in R0, after which
 * those six hold nothing else of use; R6 to R9 keep what they have.
 */
enum Register {
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  /** End of the stack, whose 512 bytes are below it; read only. */
  STACK
}
