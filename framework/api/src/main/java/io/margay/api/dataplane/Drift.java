// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.time.Instant;

/**
 * A foreign change that was found, and what became of it.
 *
 * @param what the difference that was found
 * @param repaired whether the declared state is back; false while the kernel refuses
 * @param detail the kernel's refusal, or who is in conflict; empty when repaired
 */
public record Drift(Instant when, Owner owner, Change what, boolean repaired, String detail) {}
